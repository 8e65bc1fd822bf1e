-- Observations summed over the records of a cell, that is those alike in wave, stratum, PSU and every breakdown.
-- reads  : observation(indicator, initiative, record, value, base), sampled(record, cell, weight),
--          quantum(indicator, initiative, centre, and a power of ten for each thing summed)
-- every term is rounded once to a whole number of quanta (1e-15 of the largest) and summed exactly, so that the result
-- is the same to the last bit whatever the order of rows, the number of threads or the engine
--   w, ww          sums of the weight and of its square
--   v, b           weighted value (less centre x base) and weighted base;   vv, vb, bb   their squares and product
--   wvv, wvb, wbb  weighted squares and product of value and base: the spread in the population
--   largest, gross the largest weighted value and the sum of their magnitudes
with weighted as (
    select o.indicator, s.cell, s.weight, o.value - q.centre * coalesce(o.base, 0) as value,
           coalesce(o.base, 0) as base, q.w_scale, q.ww_scale, q.v_scale, q.b_scale,
           q.wvv_scale, q.wvb_scale, q.wbb_scale
    from observation o
    join sampled s on s.record = o.record
    join quantum q on q.indicator = o.indicator and q.initiative = o.initiative
),
quanta as (
    select indicator, cell,
           cast(round(weight * w_scale) as decimal(16, 0)) as w,
           cast(round(weight * weight * ww_scale) as decimal(16, 0)) as ww,
           cast(round(weight * value * v_scale) as decimal(16, 0)) as v,
           cast(round(weight * base * b_scale) as decimal(16, 0)) as b,
           cast(round(weight * value * value * wvv_scale) as decimal(16, 0)) as wvv,
           cast(round(weight * value * base * wvb_scale) as decimal(16, 0)) as wvb,
           cast(round(weight * base * base * wbb_scale) as decimal(16, 0)) as wbb
    from weighted
)
select indicator, cell, count(*) as n,
       sum(w) as w, sum(ww) as ww, sum(v) as v, sum(b) as b,
       sum(cast(v as decimal(38, 0)) * v) as vv,
       sum(cast(v as decimal(38, 0)) * b) as vb,
       sum(cast(b as decimal(38, 0)) * b) as bb,
       sum(wvv) as wvv, sum(wvb) as wvb, sum(wbb) as wbb,
       max(abs(v)) as largest, sum(abs(v)) as gross
from quanta
group by indicator, cell
