# Figures of R that tests/methods/test_reliable_change.py compares with, on answers made here.
#   Rscript reliable_change.R     (R 4.2.2; psych 2.2.9, survey 4.1.1)
# Writes beside itself: reliable_change_sample.csv (four items of the same people at two waves, their design) and
# reliable_change_figures.csv (each figure with the call that gave it).
suppressPackageStartupMessages({library(psych); library(survey)})
options(digits = 16)

set.seed(20261126)
n <- 240
people <- data.frame(
  unit = sprintf("u%03d", 1:n), stratum = rep(c("a", "b"), each = n / 2), psu = sprintf("p%02d", rep(1:24, each = 10)),
  region = sample(c("north", "south"), n, TRUE), weight = round(runif(n, 0.5, 3), 2)
)
trait <- rnorm(n)
later <- trait + rnorm(n, 0.5, 0.9)
ask <- function(t) sapply(1:4, function(j) as.integer(cut(0.9 * t + rnorm(n, 0, 0.6), c(-Inf, -1.2, -0.4, 0.4, 1.2, Inf))))
answers <- rbind(data.frame(people, wave = "before", ask(trait)), data.frame(people, wave = "after", ask(later)))
names(answers)[7:10] <- paste0("q", 1:4)
answers <- answers[!(answers$wave == "after" & answers$unit %in% sprintf("u%03d", seq(7, n, 12))), ]   # who left
write.csv(answers, "reliable_change_sample.csv", row.names = FALSE, quote = FALSE)

before <- answers[answers$wave == "before", ]
after <- answers[answers$wave == "after", ]
items <- paste0("q", 1:4)
r <- suppressWarnings(psych::alpha(before[, items], check.keys = FALSE))$total$raw_alpha
after$rise <- rowSums(after[, items]) - rowSums(before[match(after$unit, before$unit), items])
figures <- NULL
for (case in c("alpha", "retest")) {
  reliability <- if (case == "alpha") r else 0.7
  rci <- after$rise / (sd(rowSums(before[, items])) * sqrt(2 * (1 - reliability)))   # Jacobson & Truax 1991
  after$moved_rise <- as.numeric(rci > qnorm(0.975))
  after$moved_fall <- as.numeric(rci < -qnorm(0.975))
  after$moved_unchanged <- as.numeric(abs(rci) <= qnorm(0.975))
  design <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = after)
  for (way in c("rise", "fall", "unchanged")) for (place in c("all", "north", "south")) {
    of <- if (place == "all") design else subset(design, region == place)
    told <- svyciprop(as.formula(paste0("~I(moved_", way, " == 1)")), of, method = "mean")
    figures <- rbind(figures, data.frame(
      case, way, place, n = nrow(of), value = sprintf("%.17g", as.vector(told)), se = sprintf("%.17g", as.vector(SE(told))),
      call = "svyciprop(~I(moved == 1), svydesign(~psu, strata = ~stratum, weights = ~weight))"
    ))
  }
}
write.csv(figures, "reliable_change_figures.csv", row.names = FALSE)
