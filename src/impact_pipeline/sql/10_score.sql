-- Scores of scales: one row a record and score.
-- reads  : response(instrument, record, scale, item, number)
--          score_item(instrument, scale, score, item, lowest, highest, reverse)     items of each score that can be had
--          scale_score(scale, score, items, method, multiply, missing_allowed, has_metric)
--          score_metric(score, raw, value)                                          tables from raw sum to score
-- a reversed item counts lowest + highest - answer; where few enough items are missing, the mean of the answered ones
-- stands for each of them (person-mean substitution); sums are exact, so that no order of rows changes a score
with keyed as (
    select r.record, i.score,
           cast(case when i.reverse then i.lowest + i.highest - r.number else r.number end as decimal(18, 6)) as number
    from response r
    join score_item i on i.instrument = r.instrument and i.scale = r.scale and i.item = r.item
),
answered as (
    select record, score, count(number) as answers, cast(sum(number) as double) as total
    from keyed
    group by record, score
),
raw as (
    select a.record, s.scale, s.score, s.multiply, s.has_metric, s.items - a.answers as missing,
           case when a.answers < s.items - s.missing_allowed then null
                when s.method = 'mean' then a.total / nullif(a.answers, 0)
                else a.total * s.items / nullif(a.answers, 0) end as raw
    from answered a
    join scale_score s on s.score = a.score
)
select r.record, r.scale, r.score,
       case when r.has_metric then m.value else r.raw * r.multiply end as value,
       case when r.raw is null then 'too-few-answers'
            when r.missing > 0 then 'person-mean'
            else 'complete' end as status
from raw r
left join score_metric m on m.score = r.score and m.raw = r.raw
