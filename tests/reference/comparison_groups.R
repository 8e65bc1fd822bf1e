# Figures that tests/methods/impact compares with: propensity, inverse probability, entropy balancing, AIPW, balance.
#   Rscript comparison_groups.R     writes comparison_groups_units.csv and comparison_groups_figures.csv beside itself
# R 4.2.2, estimatr 1.0.0, sandwich 3.0-2, survey 4.1-1, MatchIt 4.5.1. Each figure stands with the call that gave it.
# Errors of weighted estimators are those of stacked estimating equations, whose derivatives are had by complex steps
# (exact to the last digits): nothing of the formulas under test is used.
suppressPackageStartupMessages({library(sandwich); library(estimatr); library(survey); library(MatchIt)})
options(digits = 15)

set.seed(20260403)
n <- 260; villages <- 26
d <- data.frame(unit = seq_len(n), cluster = rep(seq_len(villages), each = 10))
d$x1 <- round(rnorm(n, 50, 10), 2); d$x2 <- round(rexp(n, .2), 3); d$x3 <- as.integer(runif(n) < .4)
lift <- rnorm(villages, 0, .4)[d$cluster]
d$treated <- as.integer(runif(n) < plogis(-.9 + .04 * (d$x1 - 50) - .08 * (d$x2 - 5) + .6 * d$x3 + lift))
d$y <- round(20 + .3 * d$x1 - .5 * d$x2 + 2 * d$x3 + 1.5 * d$treated + 2 * lift + rnorm(n, 0, 3), 3)
d$yes <- as.integer(d$y > 33)
d$weight <- round(runif(n, .5, 2), 2)
d$fold <- d$cluster %% 4; d$hamlet <- (d$unit - 1) %/% 4          # 65 hamlets
write.csv(d, "comparison_groups_units.csv", row.names = FALSE, quote = FALSE)

figures <- NULL
add <- function(case, values, call) {
  values <- unlist(values)
  figures <<- rbind(figures, data.frame(case, figure = names(values), value = as.vector(values), call))
}
X <- cbind(1, d$x1, d$x2, d$x3); t1 <- d$treated

# Errors of a stack of estimating equations psi(theta) (n x k): A^-1 B A^-T, last parameter; t on G - 1.
stacked <- function(psi, theta, groups, again) {
  k <- length(theta)
  A <- sapply(seq_len(k), function(j) { z <- as.complex(theta); z[j] <- z[j] + 1e-30i; colSums(Im(psi(z))) / 1e-30 })
  scores <- rowsum(Re(psi(as.complex(theta))), groups); G <- nrow(scores)
  stopifnot(max(abs(colSums(scores)) / (1 + colSums(abs(scores)))) < 1e-9)
  V <- solve(A) %*% (G / (G - 1) * crossprod(scores)) %*% t(solve(A))
  told(theta[k], sqrt(V[k, k]), groups, again)
}
told <- function(effect, influence_se, groups, again) {   # fewer than 50 clusters: leaving out each in turn
  G <- length(unique(groups)); se <- if (G >= 50) influence_se else jackknife(groups, again)
  c(effect = effect, se = se, df = G - 1, low = effect - qt(.975, G - 1) * se, high = effect + qt(.975, G - 1) * se,
    p = 2 * pt(-abs(effect / se), G - 1), if (G < 50) c(influence_se = influence_se))
}
jackknife <- function(groups, again) {
  left <- sapply(sort(unique(groups)), function(g) again(groups != g)); G <- length(left)
  sqrt((G - 1) / G * sum((left - mean(left))^2))
}
expit <- function(z) 1 / (1 + exp(-z))
exact_logit <- function(y, X, w) {                     # glm stops at 1e-8 of the deviance: go on to the last digits
  b <- suppressWarnings(coef(glm(y ~ X - 1, family = binomial, weights = w, control = list(epsilon = 1e-14, maxit = 50))))
  for (i in 1:5) { p <- expit(drop(X %*% b)); b <- b + solve(crossprod(X * (w * p * (1 - p)), X), crossprod(X, w * (y - p))) }
  drop(b)
}

ps <- function(case, w, groups, target) {
  again <- function(rows) {
    p <- expit(drop(X[rows, ] %*% exact_logit(t1[rows], X[rows, ], w[rows]))); a <- t1[rows]; w <- w[rows]; y <- d$y[rows]
    h <- if (target == "att") ifelse(a == 1, w, w * p / (1 - p)) else ifelse(a == 1, w / p, w / (1 - p))
    weighted.mean(y[a == 1], h[a == 1]) - weighted.mean(y[a == 0], h[a == 0])
  }
  b <- exact_logit(t1, X, w); p <- expit(drop(X %*% b))
  h <- if (target == "att") ifelse(t1 == 1, w, w * p / (1 - p)) else ifelse(t1 == 1, w / p, w / (1 - p))
  m1 <- weighted.mean(d$y[t1 == 1], h[t1 == 1]); m0 <- weighted.mean(d$y[t1 == 0], h[t1 == 0])
  psi <- function(z) {
    p <- expit(drop(X %*% z[1:4]))
    h <- if (target == "att") ifelse(t1 == 1, w, w * p / (1 - p)) else ifelse(t1 == 1, w / p, w / (1 - p))
    cbind(X * (w * (t1 - p)), h * t1 * (d$y - z[5] - z[6]), h * (1 - t1) * (d$y - z[5]))
  }
  add(case, stacked(psi, c(b, m0, m1 - m0), groups, again), paste0("stacked(logit, ", target, ")"))
  invisible(list(b = b, p = p, h = h))
}
one <- rep(1, n)
a <- ps("ipw", one, d$unit, "att")
add("logit", setNames(a$b, paste0("b", 0:3)), "glm(treated ~ x1 + x2 + x3, binomial, epsilon = 1e-14)")
ps("ipw_clusters", one, d$cluster, "att"); weighted <- ps("ipw_weights", d$weight, d$cluster, "att")
ps("ipw_hamlets", d$weight, d$hamlet, "att"); ps("ipw_ate", one, d$unit, "ate"); ps("ipw_ate_weights", d$weight, d$cluster, "ate")
m <- lm_robust(y ~ treated, d, weights = a$h, se_type = "HC2")
add("ipw_fixed", c(effect = m$coefficients[[2]], fixed_weights_se = m$std.error[[2]], fixed_weights_df = m$df[[2]]), deparse1(m$call))
m <- lm_robust(y ~ treated, d, weights = weighted$h, clusters = cluster, se_type = "CR2")
add("ipw_fixed_clusters", c(effect = m$coefficients[[2]], fixed_weights_se = m$std.error[[2]], fixed_weights_df = m$df[[2]]), deparse1(m$call))
s <- svyglm(y ~ treated, svydesign(~cluster, weights = weighted$h, data = d))
add("ipw_svyglm", c(effect = coef(s)[[2]]), "svyglm(y ~ treated, svydesign(~cluster, weights = w p/(1-p)))")
add("ipw_overlap", c(effective_n_control = sum(a$h[t1 == 0])^2 / sum(a$h[t1 == 0]^2), max_weight_share = max(a$h[t1 == 0] / sum(a$h[t1 == 0]), 1 / sum(t1)),
  off_support = mean(a$p[t1 == 1] > max(a$p[t1 == 0]) | a$p[t1 == 1] < min(a$p[t1 == 0]))), "base R")

dual <- function(w, Z, a) {                             # entropy balancing: weights of all units
  m <- colSums(Z * w * a) / sum(w * a); z <- sweep(Z, 2, m); z0 <- z[a == 0, , drop = FALSE]; w0 <- w[a == 0]
  l <- optim(rep(0, ncol(Z)), function(l) log(sum(w0 * exp(drop(z0 %*% l)))), method = "BFGS", control = list(maxit = 1000, reltol = 1e-14))$par
  for (i in 1:20) { q <- w0 * exp(drop(z0 %*% l)); l <- l - solve(crossprod(z0 * q, z0), colSums(z0 * q)) }   # to the last digits
  list(m = m, l = l, q = w * exp(drop(z %*% l)))
}
eb <- function(case, w, groups, Z) {
  effect <- function(rows) {
    q <- dual(w[rows], Z[rows, , drop = FALSE], t1[rows])$q; y <- d$y[rows]; a <- t1[rows]
    weighted.mean(y[a == 1], w[rows][a == 1]) - weighted.mean(y[a == 0], q[a == 0])
  }
  f <- dual(w, Z, t1); q <- f$q; k <- ncol(Z)
  m1 <- weighted.mean(d$y[t1 == 1], w[t1 == 1]); m0 <- weighted.mean(d$y[t1 == 0], q[t1 == 0])
  psi <- function(z) {
    centred <- t(t(Z) - z[1:k]); q <- w * exp(drop(centred %*% z[k + 1:k]))
    cbind(w * t1 * centred, q * (1 - t1) * centred, w * t1 * (d$y - z[2 * k + 1] - z[2 * k + 2]), q * (1 - t1) * (d$y - z[2 * k + 1]))
  }
  add(case, stacked(psi, c(f$m, f$l, m0, m1 - m0), groups, effect), "stacked(entropy balancing, dual by optim and Newton)")
  invisible(ifelse(t1 == 1, w, q * sum(w[t1 == 0]) / sum(q[t1 == 0])))
}
Z <- cbind((d$x1 - 50) / 10, (d$x2 - 5) / 5, d$x3)
e <- eb("entropy", one, d$unit, Z); eb("entropy_hamlets", d$weight, d$hamlet, Z); eb("entropy_clusters", one, d$cluster, Z); eb("entropy_weights", d$weight, d$cluster, Z)
eb("entropy_squares", one, d$unit, cbind(Z, Z[, 1:2]^2))
add("entropy_weights_of_units", setNames(e[t1 == 0][1:5], paste0("w", 1:5)), "weights of the first five controls")

aipw <- function(case, w, groups, target, model, fold = rep(0, n), crosswise = FALSE) {
  y <- if (model == "linear") d$y else d$yes
  parts <- function(among) {
    p <- m1 <- m0 <- rep(NA, n)
    for (k in unique(fold)) {
      here <- fold == k & among; learn <- if (crosswise) fold != k & among else among
      p[here] <- expit(drop(X[here, ] %*% exact_logit(t1[learn], X[learn, ], w[learn])))
      of_arm <- function(arm) {
        rows <- learn & t1 == arm
        if (model == "linear") drop(X[here, ] %*% coef(lm(d$y[rows] ~ X[rows, ] - 1, weights = w[rows])))
        else expit(drop(X[here, ] %*% exact_logit(d$yes[rows], X[rows, ], w[rows])))
      }
      m1[here] <- of_arm(1); m0[here] <- of_arm(0)
    }
    if (target == "att") {
      raw <- (t1 * (y - m0) - (1 - t1) * p / (1 - p) * (y - m0))[among]; a <- t1[among]; w <- w[among]
      effect <- sum(w * raw) / sum(w * a); list(effect = effect, phi = w * (raw - a * effect) / sum(w * a))
    } else {
      raw <- (m1 - m0 + t1 * (y - m1) / p - (1 - t1) * (y - m0) / (1 - p))[among]; w <- w[among]
      effect <- weighted.mean(raw, w); list(effect = effect, phi = w * (raw - effect) / sum(w))
    }
  }
  all <- parts(rep(TRUE, n)); by <- tapply(all$phi, groups, sum); G <- length(by)
  add(case, told(all$effect, sqrt(G / (G - 1) * sum(by^2)), groups, function(rows) parts(rows)$effect), paste0("base R: glm, lm; ", target, ", ", model))
}
aipw("aipw", one, d$unit, "att", "linear"); aipw("aipw_clusters", d$weight, d$cluster, "att", "linear")
aipw("aipw_hamlets", d$weight, d$hamlet, "att", "linear"); aipw("aipw_ate", one, d$unit, "ate", "linear"); aipw("aipw_ate_logit", d$weight, d$cluster, "ate", "logit")
aipw("aipw_logit", one, d$unit, "att", "logit")
aipw("aipw_folds", one, d$unit, "att", "linear", d$fold, TRUE); aipw("aipw_ate_folds", d$weight, d$cluster, "ate", "linear", d$fold, TRUE)

# Balance: MatchIt's own summary before, base R after the weights p/(1-p) of `ipw`.
fit <- matchit(treated ~ x1 + x2, d, method = NULL, distance = a$p)
before <- summary(fit, standardize = TRUE)$sum.all
for (v in c("x1", "x2")) add(paste0("balance_", v), setNames(before[v, c("Means Treated", "Means Control", "Std. Mean Diff.", "Var. Ratio", "eCDF Max")],
  c("mean_treated", "mean_control", "smd", "variance_ratio", "ks")), "summary(matchit(treated ~ x1 + x2, method = NULL))$sum.all")
wvar <- function(x, w) { w <- w / sum(w); sum(w * (x - sum(w * x))^2) / (1 - sum(w^2)) }
for (v in c("x1", "x2", "x3")) {
  x <- d[[v]]; w1 <- a$h[t1 == 1]; w0 <- a$h[t1 == 0]; x1 <- x[t1 == 1]; x0 <- x[t1 == 0]
  at <- sort(unique(x)); F <- function(x, w) sapply(at, function(q) sum(w[x <= q]) / sum(w))
  add(paste0("balance_", v, "_adjusted"), c(mean_treated = weighted.mean(x1, w1), mean_control = weighted.mean(x0, w0),
    sd_treated = sqrt(wvar(x1, w1)), sd_control = sqrt(wvar(x0, w0)), smd = (weighted.mean(x1, w1) - weighted.mean(x0, w0)) / sd(x1),
    variance_ratio = wvar(x1, w1) / wvar(x0, w0), ks = max(abs(F(x1, w1) - F(x0, w0))),
    normalised_difference = (weighted.mean(x1, w1) - weighted.mean(x0, w0)) / sqrt((var(x1) + var(x0)) / 2)), "base R")
  m <- lm_robust(x ~ treated, d, se_type = "HC2"); clustered <- lm_robust(x ~ treated, d, clusters = cluster, se_type = "CR2")
  add(paste0("trial_", v), c(p = m$p.value[[2]], p_clusters = clustered$p.value[[2]], sd_treated = sd(x1), sd_control = sd(x0),
    normalised_difference = (mean(x1) - mean(x0)) / sqrt((var(x1) + var(x0)) / 2)), "lm_robust(x ~ treated, HC2; CR2 by cluster)")
}
joint <- function(case, m, V, df) { b <- coef(m)[c("x1", "x2", "x3")]; v <- V[names(b), names(b)]
  f <- drop(b %*% solve(v, b)) / 3; add(case, c(f = f, df1 = 3, df2 = df, p = pf(f, 3, df, lower.tail = FALSE)), "lm; Wald of x1, x2, x3") }
m <- lm(treated ~ x1 + x2 + x3, d); joint("joint", m, vcovHC(m, "HC2"), n - 4)
joint("joint_cr1", m, vcovCL(m, d$cluster, type = "HC1"), villages - 1)
mb <- lm(treated ~ x1 + x2 + x3 + factor(fold), d); joint("joint_blocks", mb, vcovHC(mb, "HC2"), n - 7)
write.csv(figures, "comparison_groups_figures.csv", row.names = FALSE, quote = c(1, 2, 4))
