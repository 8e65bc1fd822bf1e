-- Totals of each primary sampling unit that a design names, in each category of each breakdown where it has records.
-- reads  : cell_total(indicator, cell, n, v, b), cell(cell, initiative, wave, stratum, psu),
--          cell_category(cell, dimension, category)
select t.indicator, c.initiative, c.wave, k.dimension, k.category, c.stratum, c.psu,
       sum(t.v) as v, sum(t.b) as b
from cell_total t
join cell c on c.cell = t.cell
join cell_category k on k.cell = t.cell
where c.psu is not null
group by t.indicator, c.initiative, c.wave, k.dimension, k.category, c.stratum, c.psu
