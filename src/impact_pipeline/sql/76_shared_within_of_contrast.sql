-- What ties a category to the one it is compared with within primary sampling units drawn from alike.
-- reads  : psu_total, psu_scale, psu_drawn, comparison(indicator, dimension, reference)
--   psu_vv, psu_vb, psu_bv, psu_bb   sums of products of what sampling units hold, the category first (in quanta x power)
-- a record holds one category only, so that records share nothing
with scaled as (
    select p.indicator, p.initiative, p.wave, p.dimension, p.category, p.stratum, p.psu, m.reference, d.drawn,
           d.population,
           cast(round(cast(p.v as double) / nullif(s.v_power, 0)) as decimal(38, 0)) as v,
           cast(round(cast(p.b as double) / nullif(s.b_power, 0)) as decimal(38, 0)) as b
    from psu_total p
    join psu_drawn d on d.indicator = p.indicator and d.initiative = p.initiative and d.wave = p.wave
                    and d.stratum = p.stratum and d.psu = p.psu
    join comparison m on m.indicator = p.indicator and m.dimension = p.dimension
    join psu_scale s on s.indicator = p.indicator and s.initiative = p.initiative
)
select c.indicator, c.initiative, c.wave, c.dimension, c.category, c.stratum, c.drawn, c.population,
       sum(c.v * r.v) as psu_vv, sum(c.v * r.b) as psu_vb, sum(c.b * r.v) as psu_bv, sum(c.b * r.b) as psu_bb
from scaled c
join scaled r on r.indicator = c.indicator and r.initiative = c.initiative and r.wave = c.wave
             and r.dimension = c.dimension and r.category = c.reference and r.stratum = c.stratum and r.psu = c.psu
where c.category <> c.reference
group by c.indicator, c.initiative, c.wave, c.dimension, c.category, c.stratum, c.drawn, c.population
