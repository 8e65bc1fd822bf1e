-- What may be told of scales between waves: rows with too few people at one of them are suppressed whole.
-- reads  : invariance, invariance_rule(instrument, threshold)
with judged as (
    select v.score, v.instrument, v.initiative, v.wave_from, v.wave_to,
           case when v.n_from < u.threshold or v.n_to < u.threshold then 'fewer-than-threshold' end as suppressed
    from invariance v
    join invariance_rule u on u.instrument = v.instrument
)
select v.scale, v.score, v.instrument, v.initiative, v.wave_from, v.wave_to, v.items,
       case when j.suppressed is null then v.n_from end as n_from,
       case when j.suppressed is null then v.n_to end as n_to,
       case when j.suppressed is null then v.holds end as holds,
       case when j.suppressed is null then v.cfi_configural end as cfi_configural,
       case when j.suppressed is null then v.cfi_metric end as cfi_metric,
       case when j.suppressed is null then v.cfi_scalar end as cfi_scalar,
       case when j.suppressed is null then v.rmsea_configural end as rmsea_configural,
       case when j.suppressed is null then v.rmsea_metric end as rmsea_metric,
       case when j.suppressed is null then v.rmsea_scalar end as rmsea_scalar,
       case when j.suppressed is null then v.biased_items end as biased_items,
       case when j.suppressed is null then v.status else 'suppressed' end as status,
       coalesce(j.suppressed, v.reason) as reason
from invariance v
join judged j on j.score = v.score and j.instrument = v.instrument and j.initiative = v.initiative
             and j.wave_from = v.wave_from and j.wave_to = v.wave_to
order by v.score nulls last, v.instrument nulls last, v.initiative nulls last, v.wave_from nulls last,
         v.wave_to nulls last
