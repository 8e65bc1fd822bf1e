-- Sums and sums of squares of the scores of calibrated estimates, one row a category and stratum of the whole sample.
-- reads  : residual_psu(..., stratum, psu, z), fit(..., post, rho, phi), cell_total, cell_cross(indicator, cell, vw, bw),
--          cell_weight(cell, post, w, ww), cell, cell_post, cell_category, measure_dimension, measure
-- where the design names no sampling unit each record is one: its square is (v - rho b - phi w)^2 where it is observed in
-- the category, (phi w)^2 elsewhere
with psu_part as (
    select indicator, initiative, wave, dimension, category, stratum, sum(z) as total, sum(z * z) as square
    from residual_psu
    group by indicator, initiative, wave, dimension, category, stratum
),
held as (
    select t.indicator, c.initiative, c.wave, k.dimension, k.category, c.stratum, p.post,
           sum(t.v) as v, sum(t.b) as b, sum(t.vv) as vv, sum(t.vb) as vb, sum(t.bb) as bb,
           sum(x.vw) as vw, sum(x.bw) as bw
    from cell_total t
    join cell_cross x on x.indicator = t.indicator and x.cell = t.cell
    join cell c on c.cell = t.cell
    join cell_post p on p.cell = t.cell
    join cell_category k on k.cell = t.cell
    join measure_dimension m on m.indicator = t.indicator and m.dimension = k.dimension
    where c.psu is null
    group by t.indicator, c.initiative, c.wave, k.dimension, k.category, c.stratum, p.post
),
weight_of_stratum as (
    select c.stratum, w.post, sum(w.w) as w, sum(w.ww) as ww
    from cell_weight w
    join cell c on c.cell = w.cell
    where c.psu is null
    group by c.stratum, w.post
),
record_terms as (
    select h.indicator, h.initiative, h.wave, h.dimension, h.category, h.stratum,
           cast(h.v as double) - f.rho * cast(h.b as double) as total,
           cast(h.vv as double) - 2 * f.rho * cast(h.vb as double) + f.rho * f.rho * cast(h.bb as double)
           - 2 * f.phi * (cast(h.vw as double) - f.rho * cast(h.bw as double)) as square
    from held h
    join fit f on f.indicator = h.indicator and f.initiative = h.initiative and f.wave = h.wave
              and f.dimension = h.dimension and f.category = h.category and f.post = h.post
    union all
    select f.indicator, f.initiative, f.wave, f.dimension, f.category, w.stratum,
           -f.phi * cast(w.w as double) as total, f.phi * f.phi * cast(w.ww as double) as square
    from weight_of_stratum w
    join fit f on f.post = w.post
    join measure m on m.indicator = f.indicator
    where m.estimator <> 'change'
),
record_part as (
    select indicator, initiative, wave, dimension, category, stratum,
           sum(cast(round(total) as decimal(38, 0))) as total, sum(cast(round(square) as decimal(38, 0))) as square
    from record_terms
    group by indicator, initiative, wave, dimension, category, stratum
)
select indicator, initiative, wave, dimension, category, stratum, total, square from psu_part
union all
select indicator, initiative, wave, dimension, category, stratum, total, square from record_part
