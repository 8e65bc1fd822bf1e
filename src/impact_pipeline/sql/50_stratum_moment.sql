-- All that an estimate and its variance need, one row a category and stratum where it has records.
-- reads  : cell_total, cell, cell_category, measure_dimension(indicator, dimension), psu_total,
--          psu_scale(indicator, initiative, v_power, b_power)
--   n, w, ww, v, b, wvv, wvb, wbb, largest, gross   as in cell_total, over the stratum's records in the category
--   psu                 primary sampling units with a record in the category; the others of the stratum hold zeros
--   psu_v, psu_b        sums of PSU totals (in quanta x power);  psu_vv, psu_vb, psu_bb   of their squares and product
-- where the design names no PSU a record is one, and its cell has summed the squares already
with record_part as (
    select t.indicator, c.initiative, c.wave, k.dimension, k.category, c.stratum,
           cast(sum(t.n) as bigint) as n,
           sum(t.w) as w, sum(t.ww) as ww, sum(t.v) as v, sum(t.b) as b,
           sum(t.wvv) as wvv, sum(t.wvb) as wvb, sum(t.wbb) as wbb,
           max(t.largest) as largest, sum(t.gross) as gross,
           sum(case when c.psu is null then t.vv end) as vv,
           sum(case when c.psu is null then t.vb end) as vb,
           sum(case when c.psu is null then t.bb end) as bb
    from cell_total t
    join cell c on c.cell = t.cell
    join cell_category k on k.cell = t.cell
    join measure_dimension m on m.indicator = t.indicator and m.dimension = k.dimension
    group by t.indicator, c.initiative, c.wave, k.dimension, k.category, c.stratum
),
scaled as (
    select p.indicator, p.initiative, p.wave, p.dimension, p.category, p.stratum,
           cast(round(cast(p.v as double) / nullif(s.v_power, 0)) as decimal(38, 0)) as v,
           cast(round(cast(p.b as double) / nullif(s.b_power, 0)) as decimal(38, 0)) as b
    from psu_total p
    join psu_scale s on s.indicator = p.indicator and s.initiative = p.initiative
),
psu_part as (
    select indicator, initiative, wave, dimension, category, stratum, count(*) as psu,
           sum(v) as v, sum(b) as b, sum(v * v) as vv, sum(v * b) as vb, sum(b * b) as bb
    from scaled
    group by indicator, initiative, wave, dimension, category, stratum
)
select r.indicator, r.initiative, r.wave, r.dimension, r.category, r.stratum, r.n,
       r.w, r.ww, r.v, r.b, r.wvv, r.wvb, r.wbb, r.largest, r.gross,
       coalesce(p.psu, r.n) as psu,
       coalesce(p.v, r.v) as psu_v, coalesce(p.b, r.b) as psu_b,
       coalesce(p.vv, r.vv) as psu_vv, coalesce(p.vb, r.vb) as psu_vb, coalesce(p.bb, r.bb) as psu_bb
from record_part r
left join psu_part p on p.indicator = r.indicator and p.initiative = r.initiative and p.wave = r.wave
                    and p.dimension = r.dimension and p.category = r.category and p.stratum = r.stratum
