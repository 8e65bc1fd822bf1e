-- Contrasts fit to be published: a difference tells a hidden figure from the one it is taken from.
-- reads  : contrast, estimate (protected already)
-- suppressed (category-suppressed) where the figure of the category or of its reference is; a test of all categories
-- together is taken out where any of them is, as it would tell of the hidden one
with breakdown as (
    select indicator, initiative, wave, dimension, max(case when status = 'suppressed' then 1 else 0 end) as hides
    from estimate
    where category <> '(missing)'
    group by indicator, initiative, wave, dimension
),
judged as (
    select c.indicator, c.initiative, c.wave, c.dimension, c.category, c.reference, c.difference, c.se, c.df, c.low,
           c.high, c.p, c.test_f, c.test_df1, c.test_df2, c.test_p, c.status, c.reason, b.hides,
           case when e.status = 'suppressed' or r.status = 'suppressed' then 1 else 0 end as hidden
    from contrast c
    left join estimate e on e.indicator = c.indicator and e.initiative = c.initiative and e.wave = c.wave
                        and e.dimension = c.dimension and e.category = c.category
    left join estimate r on r.indicator = c.indicator and r.initiative = c.initiative and r.wave = c.wave
                        and r.dimension = c.dimension and r.category = c.reference
    left join breakdown b on b.indicator = c.indicator and b.initiative = c.initiative and b.wave = c.wave
                         and b.dimension = c.dimension
)
select indicator, initiative, wave, dimension, category, reference,
       case when hidden = 0 then difference end as difference,
       case when hidden = 0 then se end as se,
       case when hidden = 0 then df end as df,
       case when hidden = 0 then low end as low,
       case when hidden = 0 then high end as high,
       case when hidden = 0 then p end as p,
       case when hides = 0 then test_f end as test_f,
       case when hides = 0 then test_df1 end as test_df1,
       case when hides = 0 then test_df2 end as test_df2,
       case when hides = 0 then test_p end as test_p,
       case when hidden = 0 then status else 'suppressed' end as status,
       case when hidden = 0 then reason else 'category-suppressed' end as reason
from judged
order by indicator nulls last, initiative nulls last, wave nulls last, dimension nulls last, category nulls last
