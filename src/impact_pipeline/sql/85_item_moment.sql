-- What the covariance of a scale's items is computed from: one row a pair of items (an item with itself among them).
-- reads  : keyed(record, score, item, points), scored(record, score, status),
--          record_key(instrument, initiative, record, wave)
--   n                      complete sets of answers;   total, product   exact sums of the item and of the item x the other
-- only people with a score from complete answers count, each as one: reliability is not weighted
with complete as (
    select k.record, k.score, k.item, k.points
    from keyed k
    join scored s on s.record = k.record and s.score = k.score
    where s.status = 'complete'
)
select a.score, r.instrument, r.initiative, r.wave, a.item, b.item as other, count(*) as n,
       cast(sum(a.points) as decimal(38, 6)) as total, cast(sum(a.points * b.points) as decimal(38, 12)) as product
from complete a
join complete b on b.record = a.record and b.score = a.score and b.item >= a.item
join record_key r on r.record = a.record
group by a.score, r.instrument, r.initiative, r.wave, a.item, b.item
