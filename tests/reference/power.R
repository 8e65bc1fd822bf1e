# Figures that tests/methods/impact compares with: power, and p values adjusted within a family.
#   Rscript power.R     writes power_figures.csv, multiplicity_units.csv and multiplicity_figures.csv beside itself
# R 4.2.2 (stats), pwr 1.3-0, sandwich 3.0-2. Each figure stands with the call that gave it. Root finding of
# power.t.test and pwr is brought to 1e-12: by default it stops at the fourth digit.
suppressPackageStartupMessages({library(pwr); library(sandwich)})
options(digits = 15)
figures <- NULL
add <- function(case, values, call) figures <<- rbind(figures, data.frame(case, figure = names(values), value = as.vector(values), call))
run <- function(case, text, what) add(case, setNames(eval(parse(text = text))[[what]], what), text)

run("power", "power.t.test(n = 20, delta = .3, strict = TRUE)", "power")
run("power_sd", "power.t.test(n = 64, delta = 4, sd = 11, sig.level = .1, strict = TRUE)", "power")
run("power_one_side", "power.t.test(n = 33, delta = .45, alternative = 'one.sided')", "power")
run("power_unequal", "pwr.t2n.test(n1 = 31, n2 = 57, d = .55)", "power")
run("size", "power.t.test(delta = .5, power = .8, strict = TRUE, tol = 1e-12)", "n")
run("size_90", "power.t.test(delta = 2, sd = 7, power = .9, sig.level = .01, strict = TRUE, tol = 1e-12)", "n")
run("effect", "power.t.test(n = 45, power = .8, strict = TRUE, tol = 1e-14)", "delta")
run("effect_one_side", "power.t.test(n = 45, power = .8, alternative = 'one.sided', tol = 1e-14)", "delta")

# A design with clusters, covariates or repeated measures is a t test of that standard error: noncentral t directly
designed <- function(case, se, df, effect, text) {
  reached <- function(x) { q <- qt(.975, df); pt(q, df, x / se, lower.tail = FALSE) + pt(-q, df, x / se) }
  add(case, c(se = se, power = reached(effect), effect = uniroot(function(x) reached(x) - .8, c(0, 50 * se), tol = 1e-14)$root), text)
}
v <- function(icc, m, cv = 0, r2 = 0, r2c = 0) icc * (1 + cv^2) * (1 - r2c) + (1 - icc) * (1 - r2) / m
designed("clusters", sqrt(2 / 12 * v(.08, 25)), 22, .3, "12 clusters of 25 an arm, icc .08")
designed("clusters_unequal", sqrt((1 / 9 + 1 / 14) * v(.08, 25, .6)), 21, .3, "9 and 14 clusters of 25 on average, cv .6, icc .08")
designed("clusters_covariates", sqrt(2 / 12 * v(.08, 25, .6, .3, .5)), 21, .3, "the same, r2 .3 and .5, one covariate of clusters")
designed("did", sqrt(2 / 80 * 2 * (1 - .6)), 158, .3, "80 units an arm, change from one measure before, r .6")
designed("ancova", sqrt(2 / 80 * (1 - .6^2)), 157, .3, "80 units an arm, given one measure before, r .6")
# McKenzie's factors, from the covariance matrix of equally correlated measures rather than from his formulas
factor_of <- function(pre, post, r, analysis) {
  s <- matrix(r, pre + post, pre + post); diag(s) <- 1
  after <- c(rep(0, pre), rep(1 / post, post)); before <- c(rep(1 / pre, pre), rep(0, post))
  q <- function(a, b) drop(t(a) %*% s %*% b)
  switch(analysis, difference = q(after, after), did = q(after - before, after - before),
         ancova = q(after, after) - q(after, before)^2 / q(before, before))
}
for (analysis in c("difference", "did", "ancova"))
  designed(paste0("rounds_", analysis), sqrt((1 / 60 + 1 / 90) * factor_of(3, 2, .35, analysis)), 148, .3,
           sprintf("60 and 90 units, 3 measures before and 2 after, r .35, %s: from the covariance matrix", analysis))
figures$value <- ifelse(is.na(figures$value), "", trimws(formatC(figures$value, digits = 17, format = "g")))
write.csv(figures, "power_figures.csv", row.names = FALSE, quote = c(1, 2, 4))

# Families of p values, one missing
figures <- NULL
p <- c(.001, .008, .039, .041, NA, .042, .06, .074, .205, .212, .216, .222, .251, .269, .275, .34, .341, .384, .569, .594, .696,
       .762, .94, .942, .975, .986, .008, .0004)
named <- function(x) setNames(x, seq_along(x))
add("p", named(p), "given")
add("benjamini-hochberg", named(p.adjust(p, "BH")), "p.adjust(p, 'BH')")
add("holm", named(p.adjust(p, "holm")), "p.adjust(p, 'holm')")
# Anderson's sharpened q by its definition: for q = 1, .999, ..., two stages of Benjamini & Hochberg
two_stage <- function(p, q) {
  reject <- function(level) { b <- p.adjust(p, "BH"); b <= level & !is.na(b) }
  first <- reject(q / (1 + q)); m <- sum(!is.na(p)); r <- sum(first)
  if (r == m) return(!is.na(p))
  reject(q / (1 + q) * m / (m - r))
}
sharpened <- function(p) {
  found <- ifelse(is.na(p), NA, 1)
  for (q in seq(1, .001, by = -.001)) found[two_stage(p, q)] <- q
  found
}
add("sharpened", named(sharpened(p)), "two-stage procedure at q = 1, .999, ..., .001")
small <- c(.01, .02, .03, .04, .05)
add("p_small", named(small), "given")
add("sharpened_small", named(sharpened(small)), "two-stage procedure at q = 1, .999, ..., .001")

# Romano and Wolf: wild cluster bootstrap of four outcomes under no effect, the same signs for all, every vector refitted
set.seed(20260403)
sizes <- c(6, 9, 5, 8, 7, 10, 6, 9)
d <- data.frame(cluster = rep(seq_along(sizes), sizes))
d$arm <- as.integer(d$cluster %in% c(1, 4, 6, 7)); d$x <- round(rnorm(nrow(d)), 3)
common <- rnorm(8)[d$cluster] + rnorm(nrow(d))
for (j in 1:4) d[[paste0("y", j)]] <- round(c(2.2, .3, 1.3, .7)[j] * d$arm + .5 * d$x + .6 * common + rnorm(nrow(d)), 3)
d$y2[c(3, 17, 40)] <- NA
write.csv(d, "multiplicity_units.csv", row.names = FALSE, quote = FALSE, na = "")
signs <- as.matrix(expand.grid(rep(list(c(1, -1)), 8)))
reached <- function(a, b) mean(a >= b * (1 - 1e-9))
stepped <- function(case, outcomes, beside) {   # beside: what each regression holds besides the arm
  t_star <- sapply(seq_along(outcomes), function(j) {
    rows <- d[complete.cases(d[c(outcomes[j], beside[[j]])]), ]; null <- lm(reformulate(beside[[j]], outcomes[j]), rows)
    apply(signs, 1, function(v) {
      rows$drawn <- fitted(null) + residuals(null) * v[rows$cluster]; m <- lm(reformulate(c("arm", beside[[j]]), "drawn"), rows)
      coef(m)[["arm"]] / sqrt(vcovCL(m, cluster = rows$cluster, type = "HC0", cadjust = FALSE)["arm", "arm"])
    })
  })
  t <- t_star[rowSums(signs == 1) == 8, ]; left <- order(-abs(t)); adjusted <- numeric(length(t)); least <- 0
  for (i in seq_along(t)) {
    least <- max(least, reached(apply(abs(t_star[, left[i:length(t)], drop = FALSE]), 1, max), abs(t[left[i]])))
    adjusted[left[i]] <- least
  }
  call <- "step-down maximum of |t*| over all 256 sign vectors, lm and vcovCL(HC0, cadjust = FALSE) refitted"
  add(paste0(case, "_t"), named(t), call)
  add(paste0(case, "_p"), named(sapply(seq_along(t), function(j) reached(abs(t_star[, j]), abs(t[j])))), call)
  add(paste0(case, "_p_adjusted"), named(adjusted), call)
}
stepped("romano_wolf", paste0("y", 1:4), rep(list("x"), 4))
stepped("romano_wolf_own", c("y1", "y3", "y4"), list(c("x", "y2"), "x", c("x", "y3")))
figures$value <- ifelse(is.na(figures$value), "", trimws(formatC(figures$value, digits = 17, format = "g")))
write.csv(figures, "multiplicity_figures.csv", row.names = FALSE, quote = c(1, 2, 4))
