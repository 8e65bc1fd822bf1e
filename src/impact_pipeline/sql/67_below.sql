-- What the variance of the share at or below a quantile needs, one row a category and stratum where it has records.
-- reads  : value_weight(indicator, cell, value, n, w, ww), cell, cell_category, measure_dimension,
--          quantile_found(indicator, initiative, wave, dimension, category, value),
--          psu_scale(indicator, initiative, b_power)
--   psu              primary sampling units with a record in the category
--   v, b             sums of their weight at or below the quantile, and of all their weight (in quanta x power)
--   vv, vb, bb       sums of squares and of the product, by primary sampling unit
-- where the design names no PSU a record is one: its weight squared stands for squares and product alike
with held as (
    select v.indicator, c.initiative, c.wave, k.dimension, k.category, c.stratum, c.psu, v.n, v.w, v.ww,
           case when v.value <= q.value then v.w else 0 end as low_w,
           case when v.value <= q.value then v.ww else 0 end as low_ww
    from value_weight v
    join cell c on c.cell = v.cell
    join cell_category k on k.cell = v.cell
    join measure_dimension m on m.indicator = v.indicator and m.dimension = k.dimension
    join quantile_found q on q.indicator = v.indicator and q.initiative = c.initiative and q.wave = c.wave
                         and q.dimension = k.dimension and q.category = k.category
),
psu_total as (
    select h.indicator, h.initiative, h.wave, h.dimension, h.category, h.stratum, h.psu,
           sum(h.low_w) as v, sum(h.w) as b
    from held h
    where h.psu is not null
    group by h.indicator, h.initiative, h.wave, h.dimension, h.category, h.stratum, h.psu
),
scaled as (
    select p.indicator, p.initiative, p.wave, p.dimension, p.category, p.stratum,
           cast(round(cast(p.v as double) / nullif(s.b_power, 0)) as decimal(38, 0)) as v,
           cast(round(cast(p.b as double) / nullif(s.b_power, 0)) as decimal(38, 0)) as b
    from psu_total p
    join psu_scale s on s.indicator = p.indicator and s.initiative = p.initiative
)
select indicator, initiative, wave, dimension, category, stratum, cast(sum(n) as bigint) as psu,
       sum(low_w) as v, sum(w) as b, sum(low_ww) as vv, sum(low_ww) as vb, sum(ww) as bb
from held
where psu is null
group by indicator, initiative, wave, dimension, category, stratum
union all
select indicator, initiative, wave, dimension, category, stratum, cast(count(*) as bigint) as psu,
       sum(v) as v, sum(b) as b, sum(v * v) as vv, sum(v * b) as vb, sum(b * b) as bb
from scaled
group by indicator, initiative, wave, dimension, category, stratum
