-- Units that hold a category in both waves of a change: counted once among the units behind it.
-- reads  : pair, cell, cell_category, measure_dimension
select p.indicator, t.initiative, k.dimension, k.category, cast(sum(p.units) as bigint) as units
from pair p
join cell t on t.cell = p.cell_to
join cell_category k on k.cell = p.cell_to
join measure_dimension m on m.indicator = p.indicator and m.dimension = k.dimension
join cell_category g on g.cell = p.cell_from and g.dimension = k.dimension and g.category = k.category
group by p.indicator, t.initiative, k.dimension, k.category
