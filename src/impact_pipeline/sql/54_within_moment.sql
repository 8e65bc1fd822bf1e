-- What varies within primary sampling units, summed over those of a stratum that are drawn from alike.
-- reads  : psu_drawn(indicator, initiative, wave, stratum, psu, drawn, population), cell_total, cell, cell_category,
--          measure_dimension, psu_total, psu_scale
--   drawn, population       units drawn from each of them, and how many it has
--   vv, vb, bb              squares and product of what records hold (in quanta)
--   psu_vv, psu_vb, psu_bb  of what sampling units hold (in quanta x power)
with record_part as (
    select t.indicator, c.initiative, c.wave, k.dimension, k.category, c.stratum, p.drawn, p.population,
           sum(t.vv) as vv, sum(t.vb) as vb, sum(t.bb) as bb
    from cell_total t
    join cell c on c.cell = t.cell
    join psu_drawn p on p.indicator = t.indicator and p.initiative = c.initiative and p.wave = c.wave
                    and p.stratum = c.stratum and p.psu = c.psu
    join cell_category k on k.cell = t.cell
    join measure_dimension m on m.indicator = t.indicator and m.dimension = k.dimension
    group by t.indicator, c.initiative, c.wave, k.dimension, k.category, c.stratum, p.drawn, p.population
),
scaled as (
    select t.indicator, t.initiative, t.wave, t.dimension, t.category, t.stratum, p.drawn, p.population,
           cast(round(cast(t.v as double) / nullif(s.v_power, 0)) as decimal(38, 0)) as v,
           cast(round(cast(t.b as double) / nullif(s.b_power, 0)) as decimal(38, 0)) as b
    from psu_total t
    join psu_drawn p on p.indicator = t.indicator and p.initiative = t.initiative and p.wave = t.wave
                    and p.stratum = t.stratum and p.psu = t.psu
    join psu_scale s on s.indicator = t.indicator and s.initiative = t.initiative
),
psu_part as (
    select indicator, initiative, wave, dimension, category, stratum, drawn, population,
           sum(v * v) as vv, sum(v * b) as vb, sum(b * b) as bb
    from scaled
    group by indicator, initiative, wave, dimension, category, stratum, drawn, population
)
select r.indicator, r.initiative, r.wave, r.dimension, r.category, r.stratum, r.drawn, r.population,
       r.vv, r.vb, r.bb, p.vv as psu_vv, p.vb as psu_vb, p.bb as psu_bb
from record_part r
join psu_part p on p.indicator = r.indicator and p.initiative = r.initiative and p.wave = r.wave
               and p.dimension = r.dimension and p.category = r.category and p.stratum = r.stratum
               and p.drawn = r.drawn and p.population = r.population
