-- The same grain for second moments.
-- inputs : observation(indicator, initiative, record, value, base), design(record, weight)
select o.indicator, o.initiative,
       power(10, ceil(log10(greatest(max(d.weight), 1e-300))) - 15) as of_weight,
       power(10, ceil(log10(greatest(max(d.weight * o.value * o.value), 1e-300))) - 15) as of_value,
       power(10, ceil(log10(greatest(max(abs(d.weight * o.value * o.base)), 1e-300))) - 15) as of_cross,
       power(10, ceil(log10(greatest(max(d.weight * o.base * o.base), 1e-300))) - 15) as of_base
from observation o
join design d on d.record = o.record
group by o.indicator, o.initiative
