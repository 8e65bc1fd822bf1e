-- Exact sums of each indicator by cell: a wave, a profile of breakdown categories, a primary sampling unit.
-- Each term is rounded once to a multiple of a power of ten some 1e-15 of the largest, then summed as whole numbers:
-- the sums are the same whatever the order of the rows, the number of threads or the engine.
-- inputs : observation(indicator, initiative, record, wave, value, base)
--          design(record, initiative, instrument, wave, weight, profile, stratum_no, psu_no)
--          quantum(indicator, initiative, of_value, of_base)
-- output : indicator, initiative, wave, profile, stratum_no, psu_no, n, value_sum, base_sum (whole multiples of the quantum)
select o.indicator, o.initiative, o.wave, d.profile, d.stratum_no, d.psu_no,
       count(*) as n,
       sum(cast(cast(round(d.weight * o.value / q.of_value) as bigint) as decimal(38, 0))) as value_sum,
       sum(cast(cast(round(d.weight * o.base / q.of_base) as bigint) as decimal(38, 0))) as base_sum
from observation o
join design d on d.record = o.record
join quantum q on q.indicator = o.indicator and q.initiative = o.initiative
group by o.indicator, o.initiative, o.wave, d.profile, d.stratum_no, d.psu_no
