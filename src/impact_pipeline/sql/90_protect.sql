-- Estimates fit to be published: figures that would tell about too few are taken out, and those that would give them away.
-- reads  : estimate, estimate_support(key, fewest, fewest_beyond, largest, gross),
--          disclosure_rule(indicator, threshold, dominance, unanimity_tells)
-- on its own account a figure is suppressed where
--   fewer-than-threshold   fewer units than the threshold stand behind it (behind its smaller wave, for a change;
--                          on its smaller side, for a quantile)
--   dominance              one business holds more than the declared share of the sum of magnitudes
--   unanimous              a share is 0 or 1 of an answer that is not safe to tell: it tells each member's answer
-- as `all` is published too, what is missing from a breakdown could be had by subtraction: smallest first, categories
-- are suppressed with them (protects-another) until at least two are missing, which together pass the first two rules.
-- the bounds of a quantile are the answers of someone: where fewer than the threshold lie beyond one, both are taken out
-- (interval-tells) with the standard error, from which one would give the other
-- nobody can tell who is behind `(missing)`: it is suppressed when small, but protects nothing and needs no protection
with judged as (
    select e.indicator, e.initiative, e.wave, e.dimension, e.category, e.n, e.units, e.value, e.se, e.df, e.low, e.high,
           e.deff, e.deff_wor, e.deff_kish, e.n_effective, e.status, e.reason, s.largest, s.gross, r.threshold,
           r.dominance,
           case when s.fewest_beyond < r.threshold then 1 else 0 end as ends_tell,
           case when s.fewest < r.threshold then 'fewer-than-threshold'
                when s.largest > r.dominance * s.gross then 'dominance'
                when r.unanimity_tells and (e.value = 0 or e.value = 1) then 'unanimous' end as told
    from estimate e
    join estimate_support s on s.indicator = e.indicator and s.initiative = e.initiative and s.wave = e.wave
                           and s.dimension = e.dimension and s.category = e.category
    join disclosure_rule r on r.indicator = e.indicator
),
ranked as (
    select j.indicator, j.initiative, j.wave, j.dimension, j.category, j.told, j.threshold, j.dominance,
           max(case when j.told is not null and j.category <> '(missing)' then 1 else 0 end) over (
               partition by j.indicator, j.initiative, j.wave, j.dimension) as exposed,
           row_number() over (
               partition by j.indicator, j.initiative, j.wave, j.dimension
               order by case when j.told is null then 1 else 0 end nulls last, j.units nulls last,
                        j.category nulls last) as place,
           sum(j.units) over (
               partition by j.indicator, j.initiative, j.wave, j.dimension
               order by case when j.told is null then 1 else 0 end nulls last, j.units nulls last,
                        j.category nulls last
               rows between unbounded preceding and 1 preceding) as units_before,
           max(j.largest) over (
               partition by j.indicator, j.initiative, j.wave, j.dimension
               order by case when j.told is null then 1 else 0 end nulls last, j.units nulls last,
                        j.category nulls last
               rows between unbounded preceding and 1 preceding) as largest_before,
           sum(j.gross) over (
               partition by j.indicator, j.initiative, j.wave, j.dimension
               order by case when j.told is null then 1 else 0 end nulls last, j.units nulls last,
                        j.category nulls last
               rows between unbounded preceding and 1 preceding) as gross_before
    from judged j
),
decided as (
    select indicator, initiative, wave, dimension, category,
           case when told is not null then told
                when exposed = 1 and (place <= 2 or units_before < threshold
                                      or largest_before > dominance * gross_before) then 'protects-another'
                end as suppressed
    from ranked
)
select j.indicator, j.initiative, j.wave, j.dimension, j.category,
       case when d.suppressed is null then j.n end as n,
       case when d.suppressed is null then j.units end as units,
       case when d.suppressed is null then j.value end as value,
       case when d.suppressed is null and j.ends_tell = 0 then j.se end as se,
       case when d.suppressed is null then j.df end as df,
       case when d.suppressed is null and j.ends_tell = 0 then j.low end as low,
       case when d.suppressed is null and j.ends_tell = 0 then j.high end as high,
       case when d.suppressed is null then j.deff end as deff,
       case when d.suppressed is null then j.deff_wor end as deff_wor,
       case when d.suppressed is null then j.deff_kish end as deff_kish,
       case when d.suppressed is null then j.n_effective end as n_effective,
       case when d.suppressed is null then j.status else 'suppressed' end as status,
       coalesce(d.suppressed, case when j.ends_tell = 1 then 'interval-tells' end, j.reason) as reason
from judged j
join decided d on d.indicator = j.indicator and d.initiative = j.initiative and d.wave = j.wave
              and d.dimension = j.dimension and d.category = j.category
order by j.indicator nulls last, j.initiative nulls last, j.wave nulls last, j.dimension nulls last, j.category nulls last
