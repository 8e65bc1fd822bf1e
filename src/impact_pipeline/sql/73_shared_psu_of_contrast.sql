-- What ties a category to the one it is compared with: the primary sampling units that hold both at the same wave.
-- reads  : psu_total, psu_scale, comparison(indicator, dimension, reference)
--   psu     how many;  vv, vb, bv, bb   sums of products of their totals, the category first (units as in stratum_moment)
-- where the design names no PSU a record is one, and holds one category only: nothing is shared
with scaled as (
    select p.indicator, p.initiative, p.wave, p.dimension, p.category, p.stratum, p.psu, m.reference,
           cast(round(cast(p.v as double) / nullif(s.v_power, 0)) as decimal(38, 0)) as v,
           cast(round(cast(p.b as double) / nullif(s.b_power, 0)) as decimal(38, 0)) as b
    from psu_total p
    join comparison m on m.indicator = p.indicator and m.dimension = p.dimension
    join psu_scale s on s.indicator = p.indicator and s.initiative = p.initiative
)
select c.indicator, c.initiative, c.wave, c.dimension, c.category, c.stratum, cast(count(*) as bigint) as psu,
       sum(c.v * r.v) as vv, sum(c.v * r.b) as vb, sum(c.b * r.v) as bv, sum(c.b * r.b) as bb
from scaled c
join scaled r on r.indicator = c.indicator and r.initiative = c.initiative and r.wave = c.wave
             and r.dimension = c.dimension and r.category = c.reference and r.stratum = c.stratum and r.psu = c.psu
where c.category <> c.reference
group by c.indicator, c.initiative, c.wave, c.dimension, c.category, c.stratum
