-- Units that hold a category in both waves of a change: counted once among the units behind it.
-- reads  : pair, cell, cell_category, measure(indicator, instrument, estimator), measure_dimension(indicator, dimension)
with held as (
    select m.indicator, c.initiative, k.cell, k.dimension, k.category
    from measure m
    join measure_dimension d on d.indicator = m.indicator
    join cell c on c.instrument = m.instrument
    join cell_category k on k.cell = c.cell and k.dimension = d.dimension
    where m.estimator = 'change'
)
select p.indicator, t.initiative, t.dimension, t.category, cast(sum(p.units) as bigint) as units
from pair p
join held t on t.indicator = p.indicator and t.cell = p.cell_to
join held f on f.indicator = p.indicator and f.cell = p.cell_from
           and f.dimension = t.dimension and f.category = t.category
group by p.indicator, t.initiative, t.dimension, t.category
