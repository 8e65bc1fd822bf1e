-- The grain to which each weighted term is rounded: a power of ten, 15 digits below the largest term.
-- inputs : observation(indicator, initiative, record, value, base), design(record, weight)
select o.indicator, o.initiative,
       power(10, ceil(log10(greatest(max(abs(d.weight * o.value)), 1e-300))) - 15) as of_value,
       power(10, ceil(log10(greatest(max(abs(d.weight * o.base)), 1e-300))) - 15) as of_base
from observation o
join design d on d.record = o.record
group by o.indicator, o.initiative
