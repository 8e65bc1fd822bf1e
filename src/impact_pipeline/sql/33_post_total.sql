-- What each category that an indicator asks for holds in each cell of the margins that the sample is weighted to.
-- reads  : cell_total(indicator, cell, v, b), cell(cell, initiative, wave), cell_post(cell, post),
--          cell_category(cell, dimension, category), measure_dimension(indicator, dimension)
select t.indicator, c.initiative, c.wave, k.dimension, k.category, p.post, sum(t.v) as v, sum(t.b) as b
from cell_total t
join cell c on c.cell = t.cell
join cell_post p on p.cell = t.cell
join cell_category k on k.cell = t.cell
join measure_dimension m on m.indicator = t.indicator and m.dimension = k.dimension
group by t.indicator, c.initiative, c.wave, k.dimension, k.category, p.post
