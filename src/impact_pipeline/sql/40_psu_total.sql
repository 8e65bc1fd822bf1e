-- Totals of each primary sampling unit that a design names, in each category that an indicator asks for and it has.
-- reads  : cell_total(indicator, cell, n, v, b), cell(cell, initiative, wave, stratum, psu),
--          cell_category(cell, dimension, category), measure_dimension(indicator, dimension)
select t.indicator, c.initiative, c.wave, k.dimension, k.category, c.stratum, c.psu,
       sum(t.v) as v, sum(t.b) as b
from cell_total t
join cell c on c.cell = t.cell
join cell_category k on k.cell = t.cell
join measure_dimension m on m.indicator = t.indicator and m.dimension = k.dimension
where c.psu is not null
group by t.indicator, c.initiative, c.wave, k.dimension, k.category, c.stratum, c.psu
