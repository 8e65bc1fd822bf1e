-- What may be told of the reliability of scores: rows on too few people are suppressed whole.
-- reads  : reliability, reliability_rule(instrument, threshold)
--   fewer-than-threshold   fewer complete answers than the threshold of the instrument's units
--   unanimous              everybody stands at one end of the scale: it tells each member's answers
with judged as (
    select r.score, r.instrument, r.initiative, r.wave,
           case when r.n < u.threshold then 'fewer-than-threshold'
                when r.floor_share = 1 or r.ceiling_share = 1 then 'unanimous' end as suppressed
    from reliability r
    join reliability_rule u on u.instrument = r.instrument
)
select r.scale, r.score, r.instrument, r.initiative, r.wave, r.items,
       case when j.suppressed is null then r.n end as n,
       case when j.suppressed is null then r.alpha end as alpha,
       case when j.suppressed is null then r.alpha_low end as alpha_low,
       case when j.suppressed is null then r.alpha_high end as alpha_high,
       case when j.suppressed is null then r.omega end as omega,
       case when j.suppressed is null then r.omega_low end as omega_low,
       case when j.suppressed is null then r.omega_high end as omega_high,
       case when j.suppressed is null then r.sem end as sem,
       case when j.suppressed is null then r.mdc95 end as mdc95,
       case when j.suppressed is null then r.floor_share end as floor_share,
       case when j.suppressed is null then r.ceiling_share end as ceiling_share,
       case when j.suppressed is null then r.status else 'suppressed' end as status,
       coalesce(j.suppressed, r.reason) as reason
from reliability r
join judged j on j.score = r.score and j.instrument = r.instrument and j.initiative = r.initiative and j.wave = r.wave
order by r.score nulls last, r.instrument nulls last, r.initiative nulls last, r.wave nulls last
