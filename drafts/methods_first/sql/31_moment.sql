-- Weighted second moments of each indicator by wave and profile: what the design effect compares with.
-- inputs : as 30_cell.sql, with square_quantum(indicator, initiative, of_value, of_cross, of_base, of_weight)
-- output : indicator, initiative, wave, profile, and whole multiples of the quanta; largest is the largest weighted value
select o.indicator, o.initiative, o.wave, d.profile,
       sum(cast(cast(round(d.weight / q.of_weight) as bigint) as decimal(38, 0))) as weight_sum,
       sum(cast(cast(round(d.weight * o.value * o.value / q.of_value) as bigint) as decimal(38, 0))) as value_square,
       sum(cast(cast(round(d.weight * o.value * o.base / q.of_cross) as bigint) as decimal(38, 0))) as value_base,
       sum(cast(cast(round(d.weight * o.base * o.base / q.of_base) as bigint) as decimal(38, 0))) as base_square,
       sum(cast(cast(round(abs(d.weight * o.value) / g.of_value) as bigint) as decimal(38, 0))) as absolute_sum,
       max(abs(d.weight * o.value)) as largest
from observation o
join design d on d.record = o.record
join quantum g on g.indicator = o.indicator and g.initiative = o.initiative
join square_quantum q on q.indicator = o.indicator and q.initiative = o.initiative
group by o.indicator, o.initiative, o.wave, d.profile
