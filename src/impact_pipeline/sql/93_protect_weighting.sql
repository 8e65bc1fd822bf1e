-- What may be told of how samples were weighted: counts of few sampled units are taken out, and those that give them away.
-- a sample whose weighting is refused says so however small it is, with its size where that may be told
-- reads  : weighting, weighting_rule(instrument, threshold)
--   fewer-than-threshold   fewer sampled units in the category, or in the sample, than the threshold
--   protects-another       the next smallest categories, until two are missing that together pass the threshold
-- known totals of the population are public and stay; where a category is hidden the extreme factors are hidden too, for
-- with equal weights they would give its count
with judged as (
    select w.instrument, w.initiative, w.wave, w.dimension, w.category, w.n, r.threshold,
           case when w.n < r.threshold then 1 else 0 end as few
    from weighting w
    join weighting_rule r on r.instrument = w.instrument
),
ranked as (
    select j.instrument, j.initiative, j.wave, j.dimension, j.category, j.threshold, j.few,
           max(case when j.category <> '(missing)' then j.few else 0 end) over (
               partition by j.instrument, j.initiative, j.wave, j.dimension) as exposed,
           row_number() over (
               partition by j.instrument, j.initiative, j.wave, j.dimension
               order by j.few desc nulls last, j.n nulls last, j.category nulls last) as place,
           sum(j.n) over (
               partition by j.instrument, j.initiative, j.wave, j.dimension
               order by j.few desc nulls last, j.n nulls last, j.category nulls last
               rows between unbounded preceding and 1 preceding) as n_before
    from judged j
),
decided as (
    select instrument, initiative, wave, dimension, category,
           case when few = 1 then 'fewer-than-threshold'
                when exposed = 1 and (place <= 2 or n_before < threshold) then 'protects-another' end as suppressed
    from ranked
),
sample as (
    select instrument, initiative, wave, max(case when suppressed is null then 0 else 1 end) as hides,
           max(case when dimension = 'all' and suppressed is not null then 1 else 0 end) as is_small
    from decided
    group by instrument, initiative, wave
)
select w.instrument, w.initiative, w.wave, w.dimension, w.category,
       case when d.suppressed is null and s.is_small = 0 then w.n end as n,
       case when w.category <> '(missing)' or d.suppressed is null then w.target end as target,
       case when d.suppressed is null and s.is_small = 0 then w.before end as before,
       case when d.suppressed is null and s.is_small = 0 then w.after end as after,
       w.method,
       case when s.is_small = 0 then w.iterations end as iterations,
       case when s.is_small = 0 then w.deff_before end as deff_before,
       case when s.is_small = 0 then w.deff_after end as deff_after,
       case when s.hides = 0 then w.g_min end as g_min,
       case when s.hides = 0 then w.g_max end as g_max,
       case when s.is_small = 0 then w.cap end as cap,
       case when s.is_small = 0 then w.trimmed end as trimmed,
       case when s.is_small = 0 then w.trimming_shift end as trimming_shift,
       case when s.is_small = 0 then w.response_rate end as response_rate,
       case when s.is_small = 0 then w.r_indicator end as r_indicator,
       w.classes, w.collapsed, w.source, w.date,
       case when w.refused is not null then 'refused'
            when d.suppressed is not null or s.is_small = 1 then 'suppressed' else 'published' end as status,
       case when w.refused is not null then w.refused
            when d.suppressed is not null then d.suppressed
            when s.is_small = 1 then 'fewer-than-threshold' end as reason
from weighting w
join decided d on d.instrument = w.instrument and d.initiative = w.initiative and d.wave = w.wave
              and d.dimension = w.dimension and d.category = w.category
join sample s on s.instrument = w.instrument and s.initiative = w.initiative and s.wave = w.wave
order by w.instrument nulls last, w.initiative nulls last, w.wave nulls last, w.dimension nulls last,
         w.category nulls last
