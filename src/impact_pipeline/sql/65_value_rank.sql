-- The weighted distribution of an indicator that asks for a quantile, one row a category and distinct value.
-- reads  : value_weight(indicator, cell, value, n, w), cell, cell_category, measure_dimension(indicator, dimension)
--   n                records that hold the value
--   counted, climbed records, and weight, at this value or below
with by_category as (
    select v.indicator, c.initiative, c.wave, k.dimension, k.category, v.value, sum(v.n) as n, sum(v.w) as w
    from value_weight v
    join cell c on c.cell = v.cell
    join cell_category k on k.cell = v.cell
    join measure_dimension m on m.indicator = v.indicator and m.dimension = k.dimension
    group by v.indicator, c.initiative, c.wave, k.dimension, k.category, v.value
)
select indicator, initiative, wave, dimension, category, value, cast(n as bigint) as n,
       cast(sum(n) over (
           partition by indicator, initiative, wave, dimension, category order by value nulls last
           rows between unbounded preceding and current row) as bigint) as counted,
       sum(w) over (
           partition by indicator, initiative, wave, dimension, category order by value nulls last
           rows between unbounded preceding and current row) as climbed
from by_category
