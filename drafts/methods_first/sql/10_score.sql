-- Scale scores, from the answers to items.
-- inputs : response(instrument, record, item, number)                     one row an item and a record
--          score_item(instrument, score, item, lowest, highest, reverse)  the items of each score, as declared
--          score_rule(instrument, score, items, method, multiply, missing_allowed, has_metric)
--          score_metric(instrument, score, raw, metric)                   the published table from raw sum to score
-- output : instrument, record, score, value                               no row where too many items are missing
with keyed as (
    select r.instrument, r.record, i.score,
           cast(case when i.reverse then i.lowest + i.highest - r.number else r.number end as decimal(18, 6)) as points
    from response r
    join score_item i on i.instrument = r.instrument and i.item = r.item
    where r.number is not null
),
answered as (
    select instrument, record, score, count(points) as answers, cast(sum(points) as double) as points
    from keyed
    group by instrument, record, score
),
raw as (  -- the mean of the answered items stands for each missing one
    select a.instrument, a.record, a.score, r.multiply, r.has_metric,
           case when r.method = 'mean' then a.points / nullif(a.answers, 0)
                else a.points * r.items / nullif(a.answers, 0) end as raw
    from answered a
    join score_rule r on r.instrument = a.instrument and r.score = a.score
    where a.answers >= r.items - r.missing_allowed
)
select raw.instrument, raw.record, raw.score,
       case when raw.has_metric then m.metric else raw.raw * raw.multiply end as value
from raw
left join score_metric m on m.instrument = raw.instrument and m.score = raw.score and m.raw = raw.raw
