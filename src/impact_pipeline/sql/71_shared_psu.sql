-- What ties the two waves of a change: the primary sampling units that hold a category in both, one row a stratum.
-- reads  : pair, cell, cell_category, measure_dimension, psu_total, psu_scale, measure
--   psu     how many;  vv, vb, bv, bb   sums of products of their totals, later wave first (units as in stratum_moment)
with unit_part as (  -- no PSU named: a unit is one, in so far as it stayed in its stratum
    select p.indicator, t.initiative, k.dimension, k.category, t.stratum, cast(sum(p.units) as bigint) as psu,
           sum(p.vv) as vv, sum(p.vb) as vb, sum(p.bv) as bv, sum(p.bb) as bb
    from pair p
    join cell t on t.cell = p.cell_to
    join cell f on f.cell = p.cell_from and f.stratum = t.stratum
    join cell_category k on k.cell = p.cell_to
    join measure_dimension m on m.indicator = p.indicator and m.dimension = k.dimension
    join cell_category g on g.cell = p.cell_from and g.dimension = k.dimension and g.category = k.category
    where t.psu is null
    group by p.indicator, t.initiative, k.dimension, k.category, t.stratum
),
scaled as (
    select p.indicator, p.initiative, p.wave, p.dimension, p.category, p.stratum, p.psu,
           cast(round(cast(p.v as double) / nullif(s.v_power, 0)) as decimal(38, 0)) as v,
           cast(round(cast(p.b as double) / nullif(s.b_power, 0)) as decimal(38, 0)) as b
    from psu_total p
    join psu_scale s on s.indicator = p.indicator and s.initiative = p.initiative
),
psu_part as (
    select l.indicator, l.initiative, l.dimension, l.category, l.stratum, count(*) as psu,
           sum(l.v * e.v) as vv, sum(l.v * e.b) as vb, sum(l.b * e.v) as bv, sum(l.b * e.b) as bb
    from measure m
    join scaled l on l.indicator = m.indicator and l.wave = m.wave_to
    join scaled e on e.indicator = m.indicator and e.wave = m.wave_from and e.initiative = l.initiative
                 and e.dimension = l.dimension and e.category = l.category
                 and e.stratum = l.stratum and e.psu = l.psu
    where m.estimator = 'change'
    group by l.indicator, l.initiative, l.dimension, l.category, l.stratum
)
select indicator, initiative, dimension, category, stratum, psu, vv, vb, bv, bb from unit_part
union all
select indicator, initiative, dimension, category, stratum, psu, vv, vb, bv, bb from psu_part
