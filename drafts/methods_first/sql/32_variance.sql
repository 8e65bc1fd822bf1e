-- Taylor linearisation (Woodruff 1971; Binder 1983): scores by primary sampling unit, reduced to one row a stratum.
-- A figure is a wave, or a change: the signed sum of two waves, whose covariance comes through the units they share.
-- inputs : cell(...)                                            from 30_cell.sql
--          membership(indicator, profile, dimension, category)  which profiles belong to which published domain
--          figure(indicator, initiative, figure_wave, wave, sign, linear)  linear: a total, not a ratio of sums
--          quantum(...)
-- output : one row a figure, domain and stratum: sums and sums of squares of the scores, as whole multiples of
--          largest * 1e-12, and the units that hold the domain
with domain_psu as (
    select c.indicator, c.initiative, c.wave, m.dimension, m.category, c.stratum_no, c.psu_no,
           sum(c.value_sum) as value_sum, sum(c.base_sum) as base_sum
    from cell c
    join membership m on m.indicator = c.indicator and m.profile = c.profile
    group by c.indicator, c.initiative, c.wave, m.dimension, m.category, c.stratum_no, c.psu_no
),
domain as (
    select indicator, initiative, wave, dimension, category, sum(value_sum) as value_sum, sum(base_sum) as base_sum
    from domain_psu
    group by indicator, initiative, wave, dimension, category
),
score as (
    select p.indicator, p.initiative, f.figure_wave, p.dimension, p.category, p.stratum_no, p.psu_no,
           sum(f.sign * case
               when f.linear then cast(p.value_sum as double) * q.of_value
               else (cast(p.value_sum as double) * q.of_value - cast(d.value_sum as double) * q.of_value
                     / nullif(cast(d.base_sum as double), 0) * cast(p.base_sum as double))
                    / nullif(cast(d.base_sum as double) * q.of_base, 0) end) as z
    from domain_psu p
    join domain d on d.indicator = p.indicator and d.initiative = p.initiative and d.wave = p.wave
                 and d.dimension = p.dimension and d.category = p.category
    join quantum q on q.indicator = p.indicator and q.initiative = p.initiative
    join figure f on f.indicator = p.indicator and f.initiative = p.initiative and f.wave = p.wave
    group by p.indicator, p.initiative, f.figure_wave, p.dimension, p.category, p.stratum_no, p.psu_no
),
largest as (
    select indicator, initiative, figure_wave, dimension, category, max(abs(z)) as z
    from score
    group by indicator, initiative, figure_wave, dimension, category
),
whole as (
    select s.indicator, s.initiative, s.figure_wave, s.dimension, s.category, s.stratum_no, l.z as largest,
           cast(coalesce(round(s.z / nullif(l.z, 0) * 1e12), 0) as bigint) as z
    from score s
    join largest l on l.indicator = s.indicator and l.initiative = s.initiative and l.figure_wave = s.figure_wave
                  and l.dimension = s.dimension and l.category = s.category
)
select indicator, initiative, figure_wave, dimension, category, stratum_no,
       max(largest) as largest, count(*) as psus,
       sum(cast(z as decimal(38, 0))) as z_sum,
       sum(cast(z as decimal(19, 0)) * cast(z as decimal(19, 0))) as z_square
from whole
group by indicator, initiative, figure_wave, dimension, category, stratum_no
order by indicator, initiative, figure_wave, dimension, category, stratum_no
