# Figures that tests/methods/impact compares with: discontinuity, instruments, interrupted series.
#   Rscript designs.R     writes designs_score.csv, designs_instrument.csv, designs_series.csv and designs_figures.csv
# R 4.2.2, AER 1.2-10, sandwich 3.0-2, clubSandwich 0.5.8. rdrobust is not in Debian: local regressions are base R's, as
# linear functions of the outcome, with the bandwidths given. Each figure stands with the call that gave it.
suppressPackageStartupMessages({library(AER); library(sandwich); library(clubSandwich)})
options(digits = 15)
figures <- NULL
add <- function(case, values, call) {
  values <- unlist(values)
  figures <<- rbind(figures, data.frame(case, figure = names(values), value = as.vector(values), call))
}

# Discontinuity
set.seed(20260407)
n <- 500
d <- data.frame(score = runif(n, 0, 100)); d$cluster <- sample(40, n, TRUE); d$z <- round(rnorm(n), 3)
d$treated <- as.integer(d$score >= 55); d$weight <- round(runif(n, .5, 2), 2)
d$taken <- as.integer(runif(n) < .15 + .6 * d$treated)
d$y <- round(10 + .04 * d$score + 3e-4 * (d$score - 55)^2 + 1.8 * d$treated + .5 * d$z + rnorm(40, 0, .4)[d$cluster] + rnorm(n), 3)
write.csv(d, "designs_score.csv", row.names = FALSE, quote = FALSE)
neighbours <- function(x, y) sapply(seq_along(x), function(i) { j <- order(abs(x - x[i]))[2:4]; sqrt(3 / 4) * (y[i] - mean(y[j])) })
side <- function(rows, h, b, w, groups) {              # intercept at 55 of one side: estimate, corrected, both variances
  x <- d$score[rows] - 55; y <- d$y[rows]; w <- w[rows]; K <- function(h) pmax(1 - abs(x) / h, 0) * w
  P <- cbind(1, x); Q <- cbind(1, x, x^2)
  l1 <- (solve(crossprod(P * K(h), P)) %*% t(P * K(h)))[1, ]
  q3 <- (solve(crossprod(Q * K(b), Q)) %*% t(Q * K(b)))[3, ]
  l2 <- l1 - sum(l1 * x^2) * q3
  if (is.null(groups)) { near <- abs(x) < max(h, b); e <- rep(0, length(x)); e[near] <- neighbours(x[near], y[near]); v <- c(sum(l1^2 * e^2), sum(l2^2 * e^2)) } else {
    near <- abs(x) < max(h, b); g <- groups[rows][near]; G <- length(unique(g)); N <- sum(near)
    e1 <- y - P %*% (solve(crossprod(P * K(h), P)) %*% crossprod(P * K(h), y)); e2 <- y - Q %*% (solve(crossprod(Q * K(b), Q)) %*% crossprod(Q * K(b), y))
    f <- function(l, e, k) sum(rowsum((l * e)[near], g)^2) * G / (G - 1) * (N - 1) / (N - k)
    v <- c(f(l1, e1, 2), f(l2, e2, 3)) }
  c(sum(l1 * y), sum(l2 * y), v)
}
jump <- function(case, h, b, w = rep(1, n), groups = NULL) {
  k <- side(d$score >= 55, h, b, w, groups); m <- side(d$score < 55, h, b, w, groups); s <- sqrt(k[3:4] + m[3:4])
  e <- k[2] - m[2]
  add(case, c(conventional_effect = k[1] - m[1], conventional_se = s[1], effect = e, se = s[2], low = e - qnorm(.975) * s[2], high = e + qnorm(.975) * s[2], p = 2 * pnorm(-abs(e / s[2]))), "base R: local linear and quadratic, neighbours or clusters")
}
jump("jump_same", 25, 25); jump("jump", 20, 32); jump("jump_weights", 20, 32, d$weight); jump("jump_clusters", 25, 25, groups = d$cluster)
k <- pmax(1 - abs(d$score - 55) / 25, 0); x <- d$score - 55
add("jump_covariate", c(conventional_effect = coef(lm(y ~ treated * x + z, d, weights = k, subset = k > 0))[["treated"]]), "lm(y ~ treated * x + z, weights = kernel)")
fz <- function(v) coef(lm(d[[v]] ~ d$treated * x, weights = k, subset = k > 0))[[2]]
add("jump_fuzzy", c(conventional_effect = fz("y") / fz("taken")), "ratio of two jumps by lm")
kd <- ifelse(abs(x) > 3, k, 0)
add("jump_donut", c(conventional_effect = coef(lm(y ~ treated * x, d, weights = kd, subset = kd > 0))[["treated"]]), "lm without scores within 3")

# Instruments
set.seed(20260408)
n <- 300
i <- data.frame(cluster = rep(seq_len(30), each = 10), x = round(rnorm(n), 3), z1 = as.integer(runif(n) < .5), z2 = round(rnorm(n), 3), weak = round(rnorm(n), 3))
u <- rnorm(n)
i$treated <- as.integer(-.6 + 1.1 * i$z1 + .5 * i$z2 + .12 * i$weak + .3 * i$x + .8 * u + rnorm(n) > 0)
i$y <- round(2 + 1.3 * i$treated + .5 * i$x + u + rnorm(30, 0, .3)[i$cluster] + rnorm(n, 0, .7), 3); i$weight <- round(runif(n, .5, 2), 2)
write.csv(i, "designs_instrument.csv", row.names = FALSE, quote = FALSE)
told <- function(case, m, se, df, call) { b <- coef(m)[["treated"]]
  add(case, c(effect = b, se = se, df = df, low = b - qt(.975, df) * se, high = b + qt(.975, df) * se, p = 2 * pt(-abs(b / se), df)), call) }
m1 <- ivreg(y ~ treated + x | z1 + x, data = i); m2 <- ivreg(y ~ treated + x | z1 + z2 + x, data = i)
at <- function(V) sqrt(V["treated", "treated"])
# sandwich's HC2 of ivreg takes leverages of regressors by projected regressors; clubSandwich's, of the projected alone
hc2 <- function(m) as.matrix(vcovCR(m, cluster = seq_len(n), type = "CR2"))
told("iv", m1, at(hc2(m1)), n - 3, "ivreg(y ~ treated + x | z1 + x); vcovCR CR2, units as clusters")
told("iv_two", m2, at(hc2(m2)), n - 3, "ivreg(y ~ treated + x | z1 + z2 + x); vcovCR CR2, units as clusters")
told("iv_hc1", m2, at(vcovHC(m2, "HC1")), n - 3, "the same, HC1")
t <- coef_test(m2, vcov = "CR2", cluster = i$cluster, test = "Satterthwaite")["treated", ]
told("iv_clusters", m2, t$SE, t$df, "coef_test(ivreg, CR2, Satterthwaite)")
mw <- ivreg(y ~ treated + x | z1 + z2 + x, data = i, weights = weight)
told("iv_weights", mw, at(vcovCL(mw, i$cluster, type = "HC1")), 29, "ivreg(weights); vcovCL HC1")
add("iv_ols", c(least_squares_effect = coef(lm(y ~ treated + x, i))[["treated"]]), "lm")
f <- lm(treated ~ z1 + x, i); V <- vcovHC(f, "HC2"); add("iv_f", c(effective_f = coef(f)[["z1"]]^2 / V["z1", "z1"]), "squared robust t of the first stage")
Z <- qr.Q(qr(resid(lm(cbind(z1, z2) ~ x, i)))); f <- lm(i$treated ~ Z + i$x); V <- vcovHC(f, "HC2")[2:3, 2:3]
add("iv_two_f", c(effective_f = sum(coef(f)[2:3]^2) / sum(diag(V))), "orthonormal instruments, lm, vcovHC HC2")
ar <- function(case, z, groups, from, to) {
  test <- function(b) { m <- lm(i$y - b * i$treated ~ z + i$x); at <- 1 + seq_len(NCOL(z))
    V <- if (is.null(groups)) vcovHC(m, "HC1") else vcovCL(m, groups, type = "HC1")
    drop(coef(m)[at] %*% solve(V[at, at], coef(m)[at])) - qchisq(.95, NCOL(z)) }
  find <- function(a, b) uniroot(test, c(a, b), tol = 1e-13)$root
  add(case, c(low = find(from[1], from[2]), high = find(to[1], to[2])), "uniroot on the Wald test of lm(y - b treated ~ z + x)")
}
ar("ar", i$z1, NULL, c(-3, 1.2), c(1.8, 6)); ar("ar_two", as.matrix(i[, c("z1", "z2")]), NULL, c(-3, 1.2), c(1.8, 6))
ar("ar_clusters", i$z1, i$cluster, c(-3, 1.2), c(1.8, 6))

# Interrupted series
set.seed(20260409)
n <- 40; s <- data.frame(period = 1:n, season = rep(c(0, 1, 0, 0), 10))
s$treated <- as.integer(s$period > 24)
s$y <- round(50 + .3 * s$period + 2 * s$season + s$treated * (4 + .2 * (s$period - 25)) + as.vector(arima.sim(list(ar = .5), n)), 3)
s$other <- round(30 + .3 * s$period + as.vector(arima.sim(list(ar = .4), n)), 3)
write.csv(s, "designs_series.csv", row.names = FALSE, quote = FALSE)
its <- function(case, formula, lag) {
  s$t <- s$period - 25; s$since <- s$treated * s$t; m <- lm(formula, s); V <- NeweyWest(m, lag = lag, prewhite = FALSE, adjust = TRUE)
  k <- setNames(rep(0, length(coef(m))), names(coef(m))); k["treated"] <- 1; k["since"] <- mean(s$t[s$treated == 1])
  e <- sum(k * coef(m)); se <- sqrt(drop(k %*% V %*% k)); df <- m$df.residual; r <- resid(m)
  add(case, c(effect = e, se = se, df = df, low = e - qt(.975, df) * se, high = e + qt(.975, df) * se, p = 2 * pt(-abs(e / se), df),
    level_change = coef(m)[["treated"]], level_change_se = sqrt(V["treated", "treated"]), slope_change = coef(m)[["since"]], slope_change_se = sqrt(V["since", "since"]),
    lag = lag, durbin_watson = sum(diff(r)^2) / sum(r^2)), paste0("NeweyWest(lm(", deparse1(formula), "), lag = ", lag, ", prewhite = FALSE, adjust = TRUE)"))
}
its("series", y ~ t + treated + since, floor(4 * (n / 100)^(2 / 9))); its("series_season", y ~ t + treated + since + season, 5)
its("series_comparison", I(y - other) ~ t + treated + since, 2)
write.csv(figures, "designs_figures.csv", row.names = FALSE, quote = c(1, 2, 4))
