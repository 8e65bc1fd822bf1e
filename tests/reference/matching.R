# Figures that tests/methods/impact compares with: exact, coarsened and nearest neighbour matching.
#   Rscript matching.R     writes matching_units.csv, matching_pairs.csv and matching_figures.csv beside itself
# R 4.2.2, MatchIt 4.5.1, sandwich 3.0-2, estimatr 1.0.0. Each figure stands with the call that gave it.
suppressPackageStartupMessages({library(MatchIt); library(sandwich); library(estimatr)})
options(digits = 15)
set.seed(20260410)
n <- 320
d <- data.frame(unit = seq_len(n), cluster = sample(32, n, TRUE), x1 = round(rnorm(n, 40, 10), 3), x2 = round(rexp(n, .2), 4), kind = sample(3, n, TRUE), x3 = as.integer(runif(n) < .4))
d$treated <- as.integer(runif(n) < plogis(-1.4 + .05 * (d$x1 - 40) - .06 * (d$x2 - 5) + .5 * d$x3))
d$y <- round(10 + .2 * d$x1 - .3 * d$x2 + d$x3 + 1.5 * d$treated + rnorm(32, 0, .7)[d$cluster] + rnorm(n, 0, 2), 3)
d$weight <- round(runif(n, .5, 2), 2)
write.csv(d, "matching_units.csv", row.names = FALSE, quote = FALSE)
figures <- NULL; pairs <- d["unit"]
add <- function(case, values, call) {
  values <- unlist(values)
  figures <<- rbind(figures, data.frame(case, figure = names(values), value = as.vector(values), call))
}
told <- function(case, b, se, df, m, call) add(case, c(effect = b, se = se, df = df, low = b - qt(.975, df) * se, high = b + qt(.975, df) * se,
  p = 2 * pt(-abs(b / se), df), n_treated = sum(m$weights > 0 & m$treat == 1), n_control = sum(m$weights > 0 & m$treat == 0)), call)
pair <- function(case, m, ways = ~subclass) {
  s <- match.data(m, data = d[as.integer(rownames(m$X)), ]); f <- lm(y ~ treated, s, weights = weights); G <- min(sapply(all.vars(ways), function(v) length(unique(s[[v]]))))
  told(case, coef(f)[[2]], sqrt(vcovCL(f, ways, type = "HC1")[2, 2]), G - 1, m, paste0(deparse1(m$call), "; vcovCL(", deparse1(ways), ", HC1)"))
  if (length(all.vars(ways)) == 1) { # pairs named by their treated unit
    of <- rep(0, n); for (k in levels(s$subclass)) { i <- s$unit[!is.na(s$subclass) & s$subclass == k]; of[i] <- i[d$treated[i] == 1] }
    pairs[[case]] <<- of }
  after <- summary(m, standardize = TRUE)$sum.matched[c("x1", "x2"), "Std. Mean Diff."]
  add(paste0(case, "_balance"), setNames(after, c("x1", "x2")), "summary(matchit)$sum.matched")
  add(paste0(case, "_worth"), c(control = summary(m)$nn["Matched (ESS)", "Control"]), "summary(matchit)$nn")
}
f <- treated ~ x1 + x2 + x3
# Distances are given as a matrix, rows in the order of service: given propensities alone, MatchIt 4.5.1 keeps pairs beyond
# the caliper, and takes for unit 197 the control 214, .0028 away, while 38, .0010 away, is free.
score <- fitted(glm(f, binomial, d, control = list(epsilon = 1e-14)))
D <- as.matrix(d[, c("x1", "x2", "x3")]); S <- cov(D)
near <- function(rows = seq_len(n), by = "score", ...) {
  rows <- rows[order(-score[rows])]; s <- d[rows, ]; one <- s$treated == 1; p <- score[rows]
  M <- if (by == "score") abs(outer(p[one], p[!one], "-")) else t(apply(D[rows, ][one, ], 1, function(z) sqrt(mahalanobis(D[rows, ][!one, ], z, S))))
  matchit(f, s, distance = M, m.order = "data", ...)
}
pair("nearest", near()); pair("nearest_caliper", near(caliper = .02 * sd(score), std.caliper = FALSE)); pair("nearest_two", near(ratio = 2))
pair("nearest_exact", near(exact = ~kind)); pair("nearest_villages", near(), ~subclass + cluster); pair("nearest_mahalanobis", near(by = "all"))
score <- replace(score, 1:90, fitted(glm(f, binomial, d[1:90, ], control = list(epsilon = 1e-14))))
mf <- near(1:90); s <- match.data(mf, data = d[as.integer(rownames(mf$X)), ])
r <- lm_robust(y ~ treated, s, weights = weights, clusters = subclass, se_type = "CR2")
add("nearest_few", c(effect = r$coefficients[[2]], se = r$std.error[[2]], df = r$df[[2]]), "matchit of the first 90; lm_robust CR2 by pair")

d$a <- findInterval(d$x1, c(30, 40, 50)); d$b <- findInterval(d$x2, c(2, 6))
strata <- function(case, m, w = NULL, groups = NULL) {
  s <- match.data(m, data = d); s$w <- s$weights
  if (!is.null(w)) { k <- paste(s$subclass); for (g in unique(k)) { i <- k == g; s$w[i] <- ifelse(s$treated[i] == 1, s$weight[i], s$weight[i] * sum((s$weight * s$treated)[i]) / sum((s$weight * (1 - s$treated))[i])) } }
  r <- if (is.null(groups)) lm_robust(y ~ treated, s, weights = w, se_type = "HC2") else lm_robust(y ~ treated, s, weights = w, clusters = cluster, se_type = "CR2")
  told(case, r$coefficients[[2]], r$std.error[[2]], r$df[[2]], m, paste0(deparse1(m$call), "; ", deparse1(r$call)))
  add(paste0(case, "_strata"), c(strata = nlevels(s$subclass)), "levels of subclass")
}
strata("exact", matchit(treated ~ kind + x3, d, method = "exact")); m <- matchit(treated ~ a + b + x3, d, method = "exact")
strata("coarsened", m); strata("coarsened_clusters", m, groups = TRUE); strata("coarsened_weights", m, w = TRUE)
cem <- matchit(treated ~ x1 + x2 + x3, d, method = "cem", cutpoints = list(x1 = c(30, 40, 50), x2 = c(2, 6)))
strata("coarsened_cem", cem)
write.csv(pairs, "matching_pairs.csv", row.names = FALSE, quote = FALSE)
write.csv(figures, "matching_figures.csv", row.names = FALSE, quote = c(1, 2, 4))
