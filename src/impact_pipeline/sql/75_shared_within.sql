-- What ties the two waves of a change within primary sampling units drawn from alike, one row a stratum and size.
-- reads  : pair, psu_drawn, cell, cell_category, measure_dimension, psu_total, psu_scale, measure
--   vv, vb, bv, bb                  sums of products of what units of both waves hold, later wave first (in quanta)
--   psu_vv, psu_vb, psu_bv, psu_bb  of what sampling units hold (in quanta x power)
with unit_part as (
    select p.indicator, t.initiative, k.dimension, k.category, t.stratum, d.drawn, d.population,
           sum(p.vv) as vv, sum(p.vb) as vb, sum(p.bv) as bv, sum(p.bb) as bb
    from pair p
    join cell t on t.cell = p.cell_to
    join cell f on f.cell = p.cell_from and f.stratum = t.stratum and f.psu = t.psu
    join psu_drawn d on d.indicator = p.indicator and d.initiative = t.initiative and d.wave = t.wave
                    and d.stratum = t.stratum and d.psu = t.psu
    join cell_category k on k.cell = p.cell_to
    join measure_dimension m on m.indicator = p.indicator and m.dimension = k.dimension
    join cell_category g on g.cell = p.cell_from and g.dimension = k.dimension and g.category = k.category
    group by p.indicator, t.initiative, k.dimension, k.category, t.stratum, d.drawn, d.population
),
scaled as (
    select p.indicator, p.initiative, p.wave, p.dimension, p.category, p.stratum, p.psu, d.drawn, d.population,
           cast(round(cast(p.v as double) / nullif(s.v_power, 0)) as decimal(38, 0)) as v,
           cast(round(cast(p.b as double) / nullif(s.b_power, 0)) as decimal(38, 0)) as b
    from psu_total p
    join psu_drawn d on d.indicator = p.indicator and d.initiative = p.initiative and d.wave = p.wave
                    and d.stratum = p.stratum and d.psu = p.psu
    join psu_scale s on s.indicator = p.indicator and s.initiative = p.initiative
),
psu_part as (
    select l.indicator, l.initiative, l.dimension, l.category, l.stratum, l.drawn, l.population,
           sum(l.v * e.v) as vv, sum(l.v * e.b) as vb, sum(l.b * e.v) as bv, sum(l.b * e.b) as bb
    from measure m
    join scaled l on l.indicator = m.indicator and l.wave = m.wave_to
    join scaled e on e.indicator = m.indicator and e.wave = m.wave_from and e.initiative = l.initiative
                 and e.dimension = l.dimension and e.category = l.category
                 and e.stratum = l.stratum and e.psu = l.psu
    where m.estimator = 'change'
    group by l.indicator, l.initiative, l.dimension, l.category, l.stratum, l.drawn, l.population
)
select p.indicator, p.initiative, p.dimension, p.category, p.stratum, p.drawn, p.population,
       coalesce(u.vv, 0) as vv, coalesce(u.vb, 0) as vb, coalesce(u.bv, 0) as bv, coalesce(u.bb, 0) as bb,
       p.vv as psu_vv, p.vb as psu_vb, p.bv as psu_bv, p.bb as psu_bb
from psu_part p
left join unit_part u on u.indicator = p.indicator and u.initiative = p.initiative and u.dimension = p.dimension
                     and u.category = p.category and u.stratum = p.stratum
                     and u.drawn = p.drawn and u.population = p.population
