-- The final weight of each record that counts, and the cell of the margins that it is in (null without margins).
-- reads  : drawn_record(record, instrument, initiative, wave, ended, told, weight),
--          drawn_group(number, instrument, initiative, wave, ended, told, weight), group_weight(number, weight, post)
select r.record, w.weight, w.post
from drawn_record r
join drawn_group g on g.instrument = r.instrument and g.initiative = r.initiative and g.wave = r.wave
                  and g.ended = r.ended and g.told = r.told and g.weight = r.weight
join group_weight w on w.number = g.number
