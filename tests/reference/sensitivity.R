# Figures that tests/methods/impact compares with: robustness values, Oster's delta, Rosenbaum bounds, E-values.
#   Rscript sensitivity.R     writes sensitivity_units.csv, sensitivity_pairs.csv and sensitivity_figures.csv
# R 4.2.2, base and stats alone. Each figure stands with the call that gave it.
options(digits = 15)
set.seed(20260406)
n <- 180
d <- data.frame(x1 = round(rnorm(n), 3), x2 = round(rexp(n), 3), x3 = as.integer(runif(n) < .4))
d$treated <- as.integer(runif(n) < plogis(.7 * d$x1 - .4 * d$x2 + .3 * d$x3))
d$y <- round(1 + 1.1 * d$treated + .9 * d$x1 - .5 * d$x2 + .4 * d$x3 + rnorm(n, 0, 1.2), 3)
d$weight <- round(runif(n, .5, 2), 2)
write.csv(d, "sensitivity_units.csv", row.names = FALSE, quote = FALSE)
pairs <- data.frame(difference = round(rnorm(60, .7, 1.2), 1))
write.csv(pairs, "sensitivity_pairs.csv", row.names = FALSE, quote = FALSE)

figures <- NULL
add <- function(case, values, call) {
  values <- unlist(values)
  figures <<- rbind(figures, data.frame(case, figure = names(values), value = as.vector(values), call))
}
# Robustness values found by search, not by their formula: the R2 r, the same with treatment and outcome, at which the
# bias se sqrt(df) r / sqrt(1 - r) has eaten the effect, or the effect over its new error is the critical t.
m <- lm(y ~ treated + x1 + x2 + x3, d); k <- summary(m)$coefficients["treated", ]; df <- m$df.residual
left <- function(r) abs(k[[1]]) - k[[2]] * sqrt(df) * r / sqrt(1 - r)
error <- function(r) k[[2]] * sqrt((1 - r) / (1 - r)) * sqrt(df / (df - 1))
find <- function(f) uniroot(f, c(1e-12, .999), tol = 1e-15)$root
rv <- find(left); rva <- find(function(r) left(r) - qt(.975, df - 1) * error(r))
r2 <- function(big, small) (deviance(small) - deviance(big)) / deviance(small)
add("robustness", c(effect = k[[1]], se = k[[2]], df = df, rv = rv, rv_alpha = rva, r2_treatment = r2(m, lm(y ~ x1 + x2 + x3, d))), "uniroot on the adjusted effect of lm")
a <- lm(treated ~ x1 + x2 + x3, d)
for (v in c("x1", "x2", "x3")) {
  rd <- r2(a, update(a, paste(". ~ . -", v))); ry <- r2(m, update(m, paste(". ~ . -", v))); f2 <- function(r) r / (1 - r)
  for (times in 1:2) {
    rdz <- times * f2(rd); rzx <- times * rd^2 / ((1 - times * rd) * (1 - rd)); ryz <- ((sqrt(times) + sqrt(rzx)) / sqrt(1 - rzx))^2 * f2(ry)
    if (ryz <= 1) add(paste("benchmark", v, times, sep = "_"), c(r2_treatment = rd, r2_outcome = ry, adjusted_effect = sign(k[[1]]) * (abs(k[[1]]) - k[[2]] * sqrt(df * ryz * rdz / (1 - rdz)))), "lm, deviance; bounds of Cinelli & Hazlett 2020")
  }
}
# Oster: a world whose answer is known. Unobserved w2 selects delta times as strongly as the observed index w1; then the
# delta that makes the effect zero in a world whose true effect is zero is that delta, Rmax being one.
world <- function(case, delta, seed) {
  set.seed(seed); N <- 60
  Q <- qr.Q(qr(cbind(1, matrix(rnorm(N * 3), N))))[, 2:4] * sqrt(N)          # orthonormal in the sample
  w1 <- 1.5 * Q[, 1]; w2 <- .8 * Q[, 2]
  g1 <- .4; g2 <- delta * g1                          # cov(w2, x)/var(w2) = delta cov(w1, x)/var(w1)
  x <- g1 * w1 + g2 * w2 + .9 * Q[, 3]; y <- w1 + w2
  write.csv(data.frame(x = x, w1 = w1, y = y), paste0("sensitivity_", case, ".csv"), row.names = FALSE, quote = FALSE)
  add(case, c(delta = delta), "the world's own delta, its effect being zero")
}
ro <- function(case, w, rmax) {                       # from the quantities of the paper, by lm
  short <- lm(y ~ treated, d, weights = w); long <- lm(y ~ treated + x1 + x2 + x3, d, weights = w); v <- function(z) weighted.mean((z - weighted.mean(z, w))^2, w)
  b0 <- coef(short)[[2]]; b <- coef(long)[[2]]; r0 <- summary(short)$r.squared; r1 <- summary(long)$r.squared
  tx <- v(resid(lm(treated ~ x1 + x2 + x3, d, weights = w))); sx <- v(d$treated); sy <- v(d$y); rm <- if (is.na(rmax)) min(1, 1.3 * r1) else rmax
  num <- b * (r1 - r0) * sy * tx + b * sx * tx * (b0 - b)^2 + 2 * b^2 * tx * (b0 - b) * sx + b^3 * (tx * sx - tx^2)
  den <- (rm - r1) * sy * (b0 - b) * sx + b * (rm - r1) * sy * (sx - tx) + b^2 * tx * (b0 - b) * sx + b^3 * (tx * sx - tx^2)
  add(case, c(delta = num / den), "lm; proposition 3")
}
d$one <- 1; ro("oster", d$one, NA); ro("oster_max", d$one, .9); ro("oster_weights", d$weight, NA)
world("world_half", .5, 1); world("world_two", 2, 2)

D <- pairs$difference[pairs$difference != 0]; r <- rank(abs(D)); W <- sum(r[D > 0])
p <- function(G) { s <- G / (1 + G); pnorm((W - s * sum(r)) / sqrt(s * (1 - s) * sum(r^2)), lower.tail = FALSE) }
add("rosenbaum", c(setNames(sapply(c(1, 1.25, 1.5, 2, 3), p), paste0("p", 1:5)), breaking_gamma = uniroot(function(g) p(g) - .05, c(1, 20), tol = 1e-14)$root), "rank, pnorm")
add("rosenbaum_wilcox", c(p1 = wilcox.test(D, alternative = "greater", exact = FALSE, correct = FALSE)$p.value), "wilcox.test(exact = FALSE, correct = FALSE)")
need <- function(rr) uniroot(function(e) e * e / (2 * e - 1) - rr, c(1, 100), tol = 1e-14)$root   # Ding & VanderWeele's bounding factor
add("evalue", c(rr = need(1.7), rr_limit = need(1.2), inverse = need(1 / .6), inverse_limit = need(1 / .9), smd = need(exp(.91 * .4)), smd_limit = need(exp(.91 * .1)), or = need(sqrt(2.2)), or_limit = need(sqrt(1.3))), "uniroot on the bounding factor")
write.csv(figures, "sensitivity_figures.csv", row.names = FALSE, quote = c(1, 2, 4))
