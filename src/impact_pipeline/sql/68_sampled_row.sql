-- Records one by one, for the figures that sums are not enough for; records without an observation have no value.
-- reads  : row_asked(indicator, initiative, wave), measure(indicator, instrument), sampled(record, cell, weight),
--          cell(cell, instrument, initiative, wave, stratum, psu, fpc), cell_post(cell, post),
--          observation(indicator, record, value, base)
select a.indicator, a.initiative, a.wave, c.cell, c.stratum, c.psu, c.fpc, p.post, s.weight, o.value, o.base
from row_asked a
join measure m on m.indicator = a.indicator
join cell c on c.instrument = m.instrument and c.initiative = a.initiative and c.wave = a.wave
join sampled s on s.cell = c.cell
left join cell_post p on p.cell = c.cell
left join observation o on o.indicator = a.indicator and o.record = s.record
