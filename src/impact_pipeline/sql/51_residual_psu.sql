-- Scores of the sampling units of calibrated estimates: what margins explain is taken out, in units in or out of the category.
-- reads  : fit(indicator, initiative, wave, dimension, category, post, rho, phi), psu_total, psu_scale, cell, cell_post,
--          cell_weight(cell, w), measure(indicator, estimator), change_observation, sampled, quantum, design, cell_category,
--          measure_dimension
--   z   sum of v - rho x b over the unit's observed records in the category, less phi x w over all its records, in
--       quanta of v x power; where the design names no unit, a change has the people of both waves for units
-- each term is rounded to whole quanta, so that sums are exact
with estimated as (
    select distinct indicator, initiative, wave, dimension, category, rho
    from fit
),
held as (
    select p.indicator, p.initiative, p.wave, p.dimension, p.category, p.stratum, p.psu,
           cast(round((cast(p.v as double) - e.rho * cast(p.b as double)) / nullif(s.v_power, 0)) as decimal(38, 0)) as z
    from psu_total p
    join estimated e on e.indicator = p.indicator and e.initiative = p.initiative and e.wave = p.wave
                    and e.dimension = p.dimension and e.category = p.category
    join psu_scale s on s.indicator = p.indicator and s.initiative = p.initiative
),
weight_of_psu as (
    select c.initiative, c.stratum, c.psu, w.post, sum(w.w) as w
    from cell_weight w
    join cell c on c.cell = w.cell
    where c.psu is not null
    group by c.initiative, c.stratum, c.psu, w.post
),
explained as (
    select f.indicator, f.initiative, f.wave, f.dimension, f.category, w.stratum, w.psu,
           cast(round(-f.phi * cast(w.w as double) / nullif(s.v_power, 0)) as decimal(38, 0)) as z
    from weight_of_psu w
    join fit f on f.post = w.post
    join psu_scale s on s.indicator = f.indicator and s.initiative = f.initiative
),
held_by_person as (
    select e.indicator, e.initiative, e.wave, e.dimension, e.category, c.stratum, o.unit as psu,
           cast(round(round(s.weight * (o.value - q.centre * o.base) * q.v_scale)
                      - e.rho * round(s.weight * o.base * q.b_scale)) as decimal(38, 0)) as z
    from change_observation o
    join sampled s on s.record = o.record
    join cell c on c.cell = s.cell
    join cell_category k on k.cell = s.cell
    join measure_dimension d on d.indicator = o.indicator and d.dimension = k.dimension
    join estimated e on e.indicator = o.indicator and e.initiative = o.initiative and e.wave = o.wave
                    and e.dimension = k.dimension and e.category = k.category
    join quantum q on q.indicator = o.indicator and q.initiative = o.initiative
    where c.psu is null
),
explained_by_person as (
    select f.indicator, f.initiative, f.wave, f.dimension, f.category, g.stratum, g.unit as psu,
           cast(round(-f.phi * round(s.weight * q.w_scale)) as decimal(38, 0)) as z
    from design g
    join sampled s on s.record = g.record
    join cell c on c.cell = s.cell
    join cell_post p on p.cell = s.cell
    join fit f on f.post = p.post
    join measure m on m.indicator = f.indicator
    join quantum q on q.indicator = f.indicator and q.initiative = f.initiative
    where m.estimator = 'change' and c.psu is null
),
terms as (
    select indicator, initiative, wave, dimension, category, stratum, psu, z from held
    union all
    select indicator, initiative, wave, dimension, category, stratum, psu, z from explained
    union all
    select indicator, initiative, wave, dimension, category, stratum, psu, z from held_by_person
    union all
    select indicator, initiative, wave, dimension, category, stratum, psu, z from explained_by_person
)
select indicator, initiative, wave, dimension, category, stratum, psu, sum(z) as z
from terms
group by indicator, initiative, wave, dimension, category, stratum, psu
