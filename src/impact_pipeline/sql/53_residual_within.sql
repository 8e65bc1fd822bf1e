-- What the scores of calibrated estimates vary by within primary sampling units, over those drawn from alike.
-- reads  : residual_psu(..., stratum, psu, z), fit(..., post, rho, phi), psu_drawn, cell_total, cell_cross, cell_weight,
--          cell, cell_post, cell_category, measure_dimension, measure(indicator, estimator)
--   units   sum of squares of the scores of records (in quanta), observed in the category or not, as in 52
--   psus    of those of sampling units (in quanta x power)
with held as (
    select t.indicator, c.initiative, c.wave, k.dimension, k.category, c.stratum, d.drawn, d.population, p.post,
           sum(t.vv) as vv, sum(t.vb) as vb, sum(t.bb) as bb, sum(x.vw) as vw, sum(x.bw) as bw
    from cell_total t
    join cell_cross x on x.indicator = t.indicator and x.cell = t.cell
    join cell c on c.cell = t.cell
    join psu_drawn d on d.indicator = t.indicator and d.initiative = c.initiative and d.wave = c.wave
                    and d.stratum = c.stratum and d.psu = c.psu
    join cell_post p on p.cell = t.cell
    join cell_category k on k.cell = t.cell
    join measure_dimension m on m.indicator = t.indicator and m.dimension = k.dimension
    group by t.indicator, c.initiative, c.wave, k.dimension, k.category, c.stratum, d.drawn, d.population, p.post
),
weight_of_alike as (
    select d.indicator, c.stratum, d.drawn, d.population, w.post, sum(w.ww) as ww
    from cell_weight w
    join cell c on c.cell = w.cell
    join psu_drawn d on d.initiative = c.initiative and d.wave = c.wave and d.stratum = c.stratum and d.psu = c.psu
    join measure m on m.indicator = d.indicator and m.instrument = c.instrument
    where m.estimator <> 'change'
    group by d.indicator, c.stratum, d.drawn, d.population, w.post
),
terms as (
    select h.indicator, h.initiative, h.wave, h.dimension, h.category, h.stratum, h.drawn, h.population,
           cast(h.vv as double) - 2 * f.rho * cast(h.vb as double) + f.rho * f.rho * cast(h.bb as double)
           - 2 * f.phi * (cast(h.vw as double) - f.rho * cast(h.bw as double)) as square
    from held h
    join fit f on f.indicator = h.indicator and f.initiative = h.initiative and f.wave = h.wave
              and f.dimension = h.dimension and f.category = h.category and f.post = h.post
    union all
    select f.indicator, f.initiative, f.wave, f.dimension, f.category, w.stratum, w.drawn, w.population,
           f.phi * f.phi * cast(w.ww as double) as square
    from weight_of_alike w
    join fit f on f.indicator = w.indicator and f.post = w.post
),
unit_part as (
    select indicator, initiative, wave, dimension, category, stratum, drawn, population,
           sum(cast(round(square) as decimal(38, 0))) as units
    from terms
    group by indicator, initiative, wave, dimension, category, stratum, drawn, population
),
psu_part as (
    select r.indicator, r.initiative, r.wave, r.dimension, r.category, r.stratum, d.drawn, d.population,
           sum(r.z * r.z) as psus
    from residual_psu r
    join psu_drawn d on d.indicator = r.indicator and d.initiative = r.initiative and d.wave = r.wave
                    and d.stratum = r.stratum and d.psu = r.psu
    group by r.indicator, r.initiative, r.wave, r.dimension, r.category, r.stratum, d.drawn, d.population
)
select p.indicator, p.initiative, p.wave, p.dimension, p.category, p.stratum, p.drawn, p.population, u.units, p.psus
from psu_part p
join unit_part u on u.indicator = p.indicator and u.initiative = p.initiative and u.wave = p.wave
                and u.dimension = p.dimension and u.category = p.category and u.stratum = p.stratum
                and u.drawn = p.drawn and u.population = p.population
