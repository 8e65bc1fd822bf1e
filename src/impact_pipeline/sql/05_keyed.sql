-- Answers to the items of scales, turned the way that each score counts them: one row a record, score and item.
-- reads  : response(instrument, record, scale, item, number)
--          score_item(instrument, scale, score, item, lowest, highest, reverse, recoded)   items of scores that can be had
--          item_point(scale, item, answer, points)                                         points of the recoded answers
-- a reversed item counts lowest + highest - answer, a recoded one the points of its answer
select r.record, i.score, r.item, r.number as answer,
       cast(case when i.recoded then p.points
                 when i.reverse then i.lowest + i.highest - r.number
                 else r.number end as decimal(18, 6)) as points
from response r
join score_item i on i.instrument = r.instrument and i.scale = r.scale and i.item = r.item
left join item_point p on p.scale = r.scale and p.item = r.item and p.answer = r.number
