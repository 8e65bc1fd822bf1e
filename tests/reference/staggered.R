# Figures that tests/methods/impact compares with: treatment from different dates on.
#   Rscript staggered.R     writes staggered_units.csv and staggered_figures.csv beside itself
# R 4.2.2, sandwich 3.0-2; did and fixest are not in Debian: everything is base R, written from the papers.
# Cells: first differences by unit; influence functions by unit (Callaway & Sant'Anna 2021; Sant'Anna & Zhao 2020).
# Clustered overall effects: their errors are the jackknife's, everything estimated anew without each cluster.
suppressPackageStartupMessages(library(sandwich))
options(digits = 15)

set.seed(20260404)
n <- 96; periods <- 2018:2023; clusters <- 24
u <- data.frame(unit = seq_len(n), cluster = rep(seq_len(clusters), each = 4))
u$first <- rep(c(0, 2020, 2021, 2023), length.out = clusters)[u$cluster]; u$first[u$cluster %in% c(5, 9)] <- 0
u$x <- round(rnorm(n, 0, 1) + .4 * (u$first > 0), 3); u$weight <- round(runif(n, .5, 2), 2)
level <- rnorm(n, 0, 2)
d <- do.call(rbind, lapply(periods, function(t) {
  shock <- rnorm(clusters, 0, .4)[u$cluster]
  data.frame(u, period = t, y = round(10 + level + .5 * (t - 2018) + .15 * (t - 2018) * u$x + shock +
    (u$first > 0 & t >= u$first) * (1 + .6 * (t - u$first) + .5 * (u$first == 2020)) + rnorm(n, 0, 1), 3))
}))
d <- d[order(d$unit, d$period), ]; d$treated <- as.integer(d$first > 0 & d$period >= d$first)
write.csv(d, "staggered_units.csv", row.names = FALSE, quote = FALSE)
Y <- matrix(d$y, n, byrow = TRUE, dimnames = list(NULL, periods))

figures <- NULL
add <- function(case, values, call) {
  values <- unlist(values)
  figures <<- rbind(figures, data.frame(case, figure = names(values), value = as.vector(values), call))
}
expit <- function(z) 1 / (1 + exp(-z))
cell <- function(g, t, w, never, x) {
  base <- if (t >= g) g - 1 else t - 1
  D <- u$first == g; C <- u$first == 0
  if (!never) C <- C | (u$first > max(t, base) & !D)
  dy <- Y[, as.character(t)] - Y[, as.character(base)]; psi <- rep(0, n)
  if (!x) {
    m1 <- weighted.mean(dy[D], w[D]); m0 <- weighted.mean(dy[C], w[C])
    psi[D] <- (w * (dy - m1))[D] / sum(w[D]); psi[C] <- -(w * (dy - m0))[C] / sum(w[C])
    return(list(att = m1 - m0, psi = psi))
  }
  s <- D | C; X <- cbind(1, u$x[s]); D <- as.numeric(D[s]); dy <- dy[s]; w <- w[s]
  b <- suppressWarnings(coef(glm(D ~ X - 1, family = binomial, weights = w, control = list(epsilon = 1e-14))))
  for (i in 1:5) { p <- expit(drop(X %*% b)); b <- b + solve(crossprod(X * (w * p * (1 - p)), X), crossprod(X, w * (D - p))) }
  p <- expit(drop(X %*% b)); m <- drop(X %*% coef(lm(dy ~ X - 1, weights = w, subset = D == 0)))
  # a stack of estimating equations, derivatives by complex steps: propensity, regression, both means
  w0 <- w * p / (1 - p) * (1 - D)
  e1 <- sum(w * D * (dy - m)) / sum(w * D); e0 <- sum(w0 * (dy - m)) / sum(w0)
  theta <- c(b, coef(lm(dy ~ X - 1, weights = w, subset = D == 0)), e0, e1 - e0)
  f <- function(z) {
    p <- expit(drop(X %*% z[1:2])); m <- drop(X %*% z[3:4])
    cbind(X * (w * (D - p)), X * (w * (1 - D) * (dy - m)), w * p / (1 - p) * (1 - D) * (dy - m - z[5]), w * D * (dy - m - z[5] - z[6]))
  }
  A <- sapply(1:6, function(j) { z <- as.complex(theta); z[j] <- z[j] + 1e-30i; colSums(Im(f(z))) / 1e-30 })
  psi[s] <- -(Re(f(as.complex(theta))) %*% t(solve(A)))[, 6]
  list(att = e1 - e0, psi = psi)
}
told <- function(case, effect, psi, groups, call) {
  if (is.null(groups)) { se <- sqrt(sum(psi^2)); df <- n - 1 } else {
    by <- tapply(psi, groups, sum); df <- length(by) - 1; se <- sqrt(sum(by^2) * length(by) / df) }
  add(case, c(effect = effect, se = se, df = df, low = effect - qt(.975, df) * se, high = effect + qt(.975, df) * se, p = 2 * pt(-abs(effect / se), df)), call)
}
jackknife <- function(case, effect, own, again, call) {      # again(left out) estimates without a cluster
  without <- sapply(seq_len(clusters), again); df <- clusters - 1
  se <- sqrt(df / clusters * sum((without - mean(without))^2))
  add(case, c(effect = effect, se = se, df = df, low = effect - qt(.975, df) * se, high = effect + qt(.975, df) * se,
              p = 2 * pt(-abs(effect / se), df), asymptotic_se = own), paste0(call, ", jackknife of clusters"))
}
without <- function(cluster, estimated) {                    # on the globals u, Y, n, d, less a cluster
  held <- list(u, Y, n, d); left <- u$cluster != cluster
  Y <<- Y[left, ]; u <<- u[left, ]; n <<- sum(left); d <<- d[d$cluster != cluster, ]
  on.exit({ u <<- held[[1]]; Y <<- held[[2]]; n <<- held[[3]]; d <<- held[[4]] })
  estimated(left)
}
averaged <- function(cells, share_of, w) {          # cells: list of att, psi, g; equal parts within a cohort
  gs <- unique(sapply(cells, `[[`, "g")); means <- sapply(gs, function(g) mean(sapply(Filter(function(k) k$g == g, cells), `[[`, "att")))
  N <- sapply(gs, function(g) sum(w[u$first == g])); effect <- sum(N * means) / sum(N); psi <- rep(0, n)
  for (i in seq_along(gs)) {
    mine <- Filter(function(k) k$g == gs[i], cells)
    psi <- psi + N[i] / sum(N) * rowMeans(sapply(mine, `[[`, "psi")) + (u$first == gs[i]) * w / sum(N) * (means[i] - effect)
  }
  list(att = effect, psi = psi)
}
overall <- function(w, never, x) {
  cells <- list()
  for (g in c(2020, 2021, 2023)) for (t in g:2023) { k <- cell(g, t, w, never, x); k$g <- g; cells <- c(cells, list(k)) }
  averaged(cells, NULL, w)$att
}
run <- function(name, w, never, x, groups) {
  call <- paste0("base R, ", if (never) "never treated" else "not yet treated", if (x) ", doubly robust on x")
  cells <- list()
  for (g in c(2020, 2021, 2023)) for (t in periods[-1]) {
    k <- cell(g, t, w, never, x); k$g <- g; k$t <- t; cells <- c(cells, list(k))
    told(paste(name, "cell", g, t, sep = "_"), k$att, k$psi, groups, call)
  }
  after <- Filter(function(k) k$t >= k$g, cells)
  k <- averaged(after, NULL, w)
  if (is.null(groups)) told(paste0(name, "_overall"), k$att, k$psi, groups, call)
  else jackknife(paste0(name, "_overall"), k$att, sqrt(sum(tapply(k$psi, groups, sum)^2) * clusters / (clusters - 1)),
                 function(out) without(out, function(left) overall(w[left], never, x)), call)
  for (g in c(2020, 2021, 2023)) { k <- averaged(Filter(function(k) k$g == g, after), NULL, w); told(paste0(name, "_cohort_", g), k$att, k$psi, groups, call) }
  for (e in -4:3) { k <- averaged(Filter(function(k) k$t - k$g == e, cells), NULL, w); told(paste0(name, "_event_", e), k$att, k$psi, groups, call) }
  before <- Filter(function(k) k$t < k$g, cells); P <- sapply(before, `[[`, "psi"); b <- sapply(before, `[[`, "att")
  if (!is.null(groups)) { G <- length(unique(groups)); P <- rowsum(P, groups) * sqrt(G / (G - 1)) }
  chi2 <- drop(b %*% solve(crossprod(P), b))
  add(paste0(name, "_pretrend"), c(pretrend_chi2 = chi2, pretrend_df = length(b), pretrend_p = pchisq(chi2, length(b), lower.tail = FALSE)), call)
}
one <- rep(1, n)
run("never", one, TRUE, FALSE, NULL); run("notyet", one, FALSE, FALSE, NULL); run("clusters", one, TRUE, FALSE, u$cluster)
run("weights", u$weight, FALSE, FALSE, u$cluster); run("covariate", one, TRUE, TRUE, NULL); run("covariate_weights", u$weight, FALSE, TRUE, u$cluster)
add("twfe", c(twfe_effect = coef(lm(y ~ treated + factor(unit) + factor(period), d))[["treated"]]), "lm(y ~ treated + factor(unit) + factor(period))")
add("twfe_weights", c(twfe_effect = coef(lm(y ~ treated + factor(unit) + factor(period), d, weights = weight))[["treated"]]), "the same, weighted")

# Sun & Abraham: cohort x time since treatment, reference -1, never treated as reference; shares of cohorts as known
e <- d$period - d$first; e[d$first == 0] <- NA
names_of <- NULL; S <- NULL
for (g in c(2020, 2021, 2023)) for (k in sort(unique(e[d$first == g]))) if (k != -1) {
  S <- cbind(S, as.numeric(d$first == g & !is.na(e) & e == k)); names_of <- rbind(names_of, c(g, k)) }
m <- lm(d$y ~ S + factor(d$unit) + factor(d$period)); at <- 1 + seq_len(ncol(S)); b <- coef(m)[at]
K <- ncol(S) + length(periods)                     # indicators of units are nested in clusters: not counted
nested <- function(groups) { G <- length(unique(groups))
  vcovCL(m, groups, type = "HC0", cadjust = FALSE)[at, at] * G / (G - 1) * (nrow(d) - 1) / (nrow(d) - K) }
size <- table(u$first)
sun_abraham <- function() {                        # the average alone, from the rows of d
  S <- apply(names_of, 1, function(k) as.numeric(d$first == k[1] & d$period - d$first == k[2])); size <- table(u$first)
  b <- coef(lm(d$y ~ S + factor(d$unit) + factor(d$period)))[1 + seq_len(ncol(S))]
  weighted.mean(b, ifelse(names_of[, 2] >= 0, size[as.character(names_of[, 1])], 0))
}
for (by in c("unit", "cluster")) {
  V <- nested(d[[by]])
  for (k in sort(unique(names_of[, 2]))) {
    w <- ifelse(names_of[, 2] == k, size[as.character(names_of[, 1])], 0); w <- w / sum(w)
    add(paste("sunab", by, k, sep = "_"), c(effect = sum(w * b), se = sqrt(drop(w %*% V %*% w))), "lm, sandwich::vcovCL, cohorts' shares")
  }
  w <- ifelse(names_of[, 2] >= 0, size[as.character(names_of[, 1])], 0); w <- w / sum(w)
  own <- sqrt(drop(w %*% V %*% w))
  if (by == "unit") add("sunab_unit_all", c(effect = sum(w * b), se = own), "the same, all treated rows alike")
  else jackknife("sunab_cluster_all", sum(w * b), own, function(out) without(out, function(left) sun_abraham()), "the same, all treated rows alike")
}
# Borusyak, Jaravel & Spiess: regression on untreated rows, imputed elsewhere; conservative errors, means by cohort x time
Z <- model.matrix(~ factor(unit) + factor(period), d); u0 <- d$treated == 0
fit <- solve(crossprod(Z[u0, ]), crossprod(Z[u0, ], d$y[u0])); tau <- d$y - drop(Z %*% fit)
bjs <- function(case, rows, groups) {
  w <- rows / sum(rows); v <- w; v[u0] <- -drop(Z[u0, ] %*% solve(crossprod(Z[u0, ]), crossprod(Z[!u0, ], w[!u0])))
  cell <- paste(d$first, d$period); left <- tau
  for (k in unique(cell[!u0])) { i <- cell == k; left[i] <- tau[i] - (if (sum(v[i]^2) > 0) sum(v[i]^2 * tau[i]) / sum(v[i]^2) else 0) }
  call <- "lm on untreated rows, imputation, equation of the conservative variance"; own <- sqrt(sum(tapply(v * left, groups, sum)^2))
  if (case != "bjs_cluster_all") return(add(case, c(effect = sum(w * tau), se = own), call))
  jackknife(case, sum(w * tau), own, function(out) without(out, function(left) {
    m <- lm(y ~ factor(unit) + factor(period), d, subset = treated == 0); mean(d$y[d$treated == 1] - predict(m, d[d$treated == 1, ]))
  }), call)
}
for (by in c("unit", "cluster")) {
  bjs(paste0("bjs_", by, "_all"), as.numeric(!u0), d[[by]])
  for (k in 0:3) bjs(paste("bjs", by, k, sep = "_"), as.numeric(!u0 & e == k & !is.na(e)), d[[by]])
}
write.csv(figures, "staggered_figures.csv", row.names = FALSE, quote = c(1, 2, 4))
