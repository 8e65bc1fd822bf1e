-- Scores of scales: one row a record and score.
-- reads  : response(instrument, record, scale, item, number)
--          score_item(instrument, scale, score, item, lowest, highest, reverse, recoded)   items of scores that can be had
--          item_point(scale, item, answer, points)                                         points of the recoded answers
--          scale_score(scale, score, items, method, added, multiply, missing_allowed, missing_as, has_metric)
--          response_set(score, answer)                         answers that, given throughout, are no answer in earnest
--          score_metric(score, raw, value)                                          tables from raw sum to score
-- a reversed item counts lowest + highest - answer, a recoded one the points of its answer; where few enough items are
-- missing, the mean of the answered ones stands for each of them (person-mean substitution), or they count zero; sums
-- are exact, so that no order of rows changes a score
with keyed as (
    select r.record, i.score, r.number as answer,
           cast(case when i.recoded then p.points
                     when i.reverse then i.lowest + i.highest - r.number
                     else r.number end as decimal(18, 6)) as points
    from response r
    join score_item i on i.instrument = r.instrument and i.scale = r.scale and i.item = r.item
    left join item_point p on p.scale = r.scale and p.item = r.item and p.answer = r.number
),
answered as (
    select record, score, count(points) as answers, min(answer) as lowest, max(answer) as highest,
           cast(sum(points) as double) as total
    from keyed
    group by record, score
),
raw as (
    select a.record, s.scale, s.score, s.added, s.multiply, s.missing_as, s.has_metric, s.items - a.answers as missing,
           case when a.answers < s.items - s.missing_allowed then 'too-few-answers'
                when a.answers = s.items and x.answer is not null then 'response-set'
                when a.answers < s.items then s.missing_as
                else 'complete' end as status,
           case when s.missing_as = 'zero' and s.method = 'mean' then a.total / nullif(s.items, 0)
                when s.missing_as = 'zero' then a.total
                when s.method = 'mean' then a.total / nullif(a.answers, 0)
                else a.total * s.items / nullif(a.answers, 0) end as raw
    from answered a
    join scale_score s on s.score = a.score
    left join response_set x on x.score = a.score and x.answer = a.lowest and x.answer = a.highest
)
select r.record, r.scale, r.score,
       case when r.status in ('too-few-answers', 'response-set') then null
            when r.has_metric then m.value
            else (r.raw + r.added) * r.multiply end as value,
       r.status
from raw r
left join score_metric m on m.score = r.score and m.raw = r.raw
