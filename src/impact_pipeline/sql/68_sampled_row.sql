-- Records one by one, for the figures that sums are not enough for; records without an observation have no value.
-- reads  : row_asked(indicator, initiative, wave), measure(indicator, instrument), sampled(record, cell, weight),
--          cell(cell, instrument, initiative, wave, stratum, psu, fpc), cell_post(cell, post),
--          psu_drawn(indicator, initiative, wave, stratum, psu, population), row_observed(indicator, record, value, base)
--   psu_population   how many units the sampling unit has, where the design tells
select a.indicator, a.initiative, a.wave, c.cell, c.stratum, c.psu, c.fpc, d.population as psu_population, p.post,
       s.weight, o.value, o.base
from row_asked a
join measure m on m.indicator = a.indicator
join cell c on c.instrument = m.instrument and c.initiative = a.initiative and c.wave = a.wave
join sampled s on s.cell = c.cell
left join cell_post p on p.cell = c.cell
left join psu_drawn d on d.indicator = a.indicator and d.initiative = a.initiative and d.wave = a.wave
                     and d.stratum = c.stratum and d.psu = c.psu
left join row_observed o on o.indicator = a.indicator and o.record = s.record
