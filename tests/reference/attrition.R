# Figures that tests/methods/impact compares with: attrition, Lee's bounds, changes without comparison.
#   Rscript attrition.R     writes attrition_units.csv and attrition_figures.csv beside itself
# R 4.2.2, estimatr 1.0.0. Each figure stands with the call that gave it.
suppressPackageStartupMessages(library(estimatr))
options(digits = 15)

set.seed(20260405)
n <- 320; villages <- 32
d <- data.frame(unit = seq_len(n), cluster = rep(seq_len(villages), each = 10))
d$treated <- as.integer(d$cluster %in% sample(villages, 16))
d$x1 <- round(rnorm(n, 50, 10), 2); d$x2 <- as.integer(runif(n) < .5)
d$before <- round(20 + .2 * d$x1 + rnorm(n, 0, 4), 3)
d$y <- round(5 + .7 * d$before + 2 * d$treated + rnorm(villages)[d$cluster] + rnorm(n, 0, 3), 3)
d$stayed <- as.integer(runif(n) < plogis(1 + .7 * d$treated + .03 * (d$x1 - 50) - .4 * d$x2))
d$stayed_fewer <- as.integer(runif(n) < plogis(1.6 - .9 * d$treated))       # treated leave more
d$weight <- round(runif(n, .5, 2), 2)
d$score <- round(2 * d$y) / 2                                              # ties
write.csv(d, "attrition_units.csv", row.names = FALSE, quote = FALSE)

figures <- NULL
add <- function(case, values, call) {
  values <- unlist(values)
  figures <<- rbind(figures, data.frame(case, figure = names(values), value = as.vector(values), call))
}
d$left <- 1 - d$stayed
m <- lm_robust(left ~ treated, d, se_type = "HC2"); mc <- lm_robust(left ~ treated, d, clusters = cluster, weights = weight, se_type = "CR2")
told <- function(m, overall) c(overall = overall, differential = m$coefficients[[2]], differential_se = m$std.error[[2]], differential_p = m$p.value[[2]])
add("attrition", told(m, mean(d$left)), deparse1(m$call)); add("attrition_clusters", told(mc, weighted.mean(d$left, d$weight)), deparse1(mc$call))
for (v in c("x1", "x2", "before")) {
  d$v <- d[[v]]; a <- lm_robust(v ~ left + treated, d, se_type = "HC2"); b <- lm_robust(v ~ left * treated, d, clusters = cluster, se_type = "CR2")
  k <- tapply(d$v, paste0(ifelse(d$left == 1, "left_", "stayed_"), ifelse(d$treated == 1, "treated", "control")), mean)
  add(paste0("leavers_", v), c(k, p_left = a$p.value[["left"]]), deparse1(a$call))
  add(paste0("leavers_", v, "_clusters"), c(p_differential = b$p.value[["left:treated"]]), deparse1(b$call))
}

expit <- function(z) 1 / (1 + exp(-z))
weighted <- function(case, w, groups) {
  X <- cbind(1, d$treated, d$x1, d$x2); s <- d$stayed
  b <- suppressWarnings(coef(glm(s ~ X - 1, family = binomial, weights = w, control = list(epsilon = 1e-14))))
  for (i in 1:5) { p <- expit(drop(X %*% b)); b <- b + solve(crossprod(X * (w * p * (1 - p)), X), crossprod(X, w * (s - p))) }
  h <- s * w / expit(drop(X %*% b)); t1 <- d$treated
  m1 <- weighted.mean(d$y[t1 == 1], h[t1 == 1]); m0 <- weighted.mean(d$y[t1 == 0], h[t1 == 0]); theta <- c(b, m0, m1 - m0)
  psi <- function(z) { p <- expit(drop(X %*% z[1:4])); h <- s * w / p
    cbind(X * (w * (s - p)), h * t1 * (d$y - z[5] - z[6]), h * (1 - t1) * (d$y - z[5])) }
  A <- sapply(1:6, function(j) { z <- as.complex(theta); z[j] <- z[j] + 1e-30i; colSums(Im(psi(z))) / 1e-30 })
  scores <- rowsum(Re(psi(as.complex(theta))), groups); G <- nrow(scores)
  influence <- sqrt((solve(A) %*% (G / (G - 1) * crossprod(scores)) %*% t(solve(A)))[6, 6]); se <- influence
  if (G < n) {                                     # fewer than 50 clusters: leaving out each in turn
    left <- sapply(unique(groups), function(g) { r <- groups != g
      b <- suppressWarnings(coef(glm(s ~ X - 1, family = binomial, weights = w, subset = r, control = list(epsilon = 1e-14))))
      for (i in 1:5) { p <- expit(drop(X[r, ] %*% b)); b <- b + solve(crossprod(X[r, ] * (w[r] * p * (1 - p)), X[r, ]), crossprod(X[r, ], w[r] * (s[r] - p))) }
      h <- (s * w / expit(drop(X %*% b)))[r]; a <- t1[r]; y <- d$y[r]
      weighted.mean(y[a == 1], h[a == 1]) - weighted.mean(y[a == 0], h[a == 0]) })
    se <- sqrt((G - 1) / G * sum((left - mean(left))^2))
  }
  add(case, c(effect = theta[6], se = se, df = G - 1, p = 2 * pt(-abs(theta[6] / se), G - 1), if (G < n) c(influence_se = influence)), "stacked(logit of staying, weighted means), complex steps")
  add(paste0(case, "_of_units"), setNames(h[1:4], paste0("w", 1:4)), "weights of the first four units")
}
weighted("weighted", rep(1, n), d$unit); weighted("weighted_clusters", d$weight, d$cluster)

# Lee (2009): trimmed means, with the answer at the limit taken in part; variances of his proposition 3
part <- function(y, keep) {                       # mean, variance and limit of the least `keep` (a real number) of y
  y <- sort(y); whole <- floor(keep + 1e-9); w <- c(rep(1, whole), keep - whole)[seq_len(whole + (keep - whole > 1e-9))]
  y <- y[seq_along(w)]; m <- weighted.mean(y, w); c(m, weighted.mean((y - m)^2, w), y[length(y)])
}
lee <- function(case, y, stayed) {
  y1 <- y[d$treated == 1 & stayed]; y0 <- y[d$treated == 0 & stayed]; n1 <- sum(d$treated); n0 <- n - n1
  q1 <- length(y1) / n1; q0 <- length(y0) / n0; sign <- 1
  if (q0 > q1) { t <- y1; y1 <- -y0; y0 <- -t; t <- q1; q1 <- q0; q0 <- t; t <- n1; n1 <- n0; n0 <- t }  # -(y0) less -(y1) is the same effect
  p <- 1 - q0 / q1; keep <- length(y1) * (1 - p)
  side <- function(y1, y0) {
    k <- part(y1, keep); v0 <- mean((y0 - mean(y0))^2)
    vp <- (1 - p)^2 * ((1 - q1) / (n1 * q1) + (1 - q0) / (n0 * q0))
    c(k[1] - mean(y0), sqrt(k[2] / keep + (k[3] - k[1])^2 * p / keep + ((k[3] - k[1]) / (1 - p))^2 * vp + v0 / length(y0)))
  }
  low <- side(y1, y0); high <- side(-y1, -y0); high[1] <- -high[1]
  f <- function(c) pnorm(c + (high[1] - low[1]) / max(low[2], high[2])) - pnorm(-c) - .95
  critical <- if (f(qnorm(.95)) >= 0) qnorm(.95) else uniroot(f, c(qnorm(.95), qnorm(.975) + 1e-9), tol = 1e-14)$root
  add(case, c(low = low[1], high = high[1], low_se = low[2], high_se = high[2], trimmed = p,
    interval_low = low[1] - critical * low[2], interval_high = high[1] + critical * high[2]), "base R from Lee 2009 and Imbens & Manski 2004")
}
lee("lee", d$y, d$stayed == 1); lee("lee_control", d$y, d$stayed_fewer == 1); lee("lee_ties", d$score, d$stayed == 1)
even <- rep(TRUE, n); for (a in 0:1) even[which(d$treated == a)[1:12]] <- FALSE
lee("lee_even", d$y, even)

# Clusters: the same bounds as a function of weights, each cluster's weight moved by a little (the infinitesimal jackknife)
# or taken away (the jackknife, fewer than 50 clusters); Student's law with one degree less than clusters.
bounds <- function(y, stayed, w) {
  one <- d$treated == 1; q <- sapply(list(one, !one), function(a) sum(w[a & stayed]) / sum(w[a])); s <- if (q[1] >= q[2]) 1 else -1
  more <- stayed & (if (s == 1) one else !one); other <- stayed & (if (s == 1) !one else one); r <- min(q) / max(q)
  trimmed <- function(y) { i <- order(y[more]); z <- y[more][i]; v <- w[more][i]; keep <- pmin(v, pmax(0, sum(v) * r - c(0, cumsum(v)[-length(v)]))); sum(keep * z) / sum(keep) }
  b <- c(trimmed(y), -trimmed(-y)) - weighted.mean(y[other], w[other]); if (s == 1) b else -rev(b)
}
lee_clusters <- function(case, y, stayed, groups, w = rep(1, n)) {
  b <- bounds(y, stayed, w); g <- unique(groups); G <- length(g); e <- 1e-5
  moved <- if (G < 50) sapply(g, function(k) bounds(y, stayed, w * (groups != k))) else
    sapply(g, function(k) (bounds(y, stayed, w * (1 + e * (groups == k))) - bounds(y, stayed, w * (1 - e * (groups == k)))) / (2 * e))
  se <- sqrt(if (G < 50) (G - 1) / G * rowSums((moved - rowMeans(moved))^2) else G / (G - 1) * rowSums(moved^2))
  f <- function(c) pt(c + (b[2] - b[1]) / max(se), G - 1) - pt(-c, G - 1) - .95
  critical <- if (f(qt(.95, G - 1)) >= 0) qt(.95, G - 1) else uniroot(f, qt(c(.95, .975), G - 1) + c(0, 1e-9), tol = 1e-14)$root
  add(case, c(low = b[1], high = b[2], low_se = se[1], high_se = se[2], df = G - 1, interval_low = b[1] - critical * se[1], interval_high = b[2] + critical * se[2]),
    if (G < 50) "each cluster left out of bounds(y, stayed, w)" else "derivatives of bounds(y, stayed, w) by the weight of each cluster")
}
houses <- (d$unit - 1) %/% 5
lee_clusters("lee_villages", d$y, d$stayed == 1, d$cluster); lee_clusters("lee_villages_weights", d$y, d$stayed_fewer == 1, d$cluster, d$weight)
# Weighted: in arms of equal size the limit is an answer, and the bound has two derivatives by a weight.
lee_clusters("lee_houses", d$y, d$stayed == 1, houses, d$weight); lee_clusters("lee_houses_control", d$y, d$stayed_fewer == 1, houses, d$weight)

d$change <- d$y - d$before; t <- subset(d, treated == 1)
a <- t.test(t$y, t$before, paired = TRUE)
add("change", c(effect = a$estimate[[1]], se = a$stderr, df = a$parameter[[1]], low = a$conf.int[1], high = a$conf.int[2], p = a$p.value, sd = sd(t$before)), "t.test(y, before, paired = TRUE)")
m <- lm_robust(change ~ 1, t, clusters = cluster, weights = weight, se_type = "CR2")
add("change_clusters", c(effect = m$coefficients[[1]], se = m$std.error[[1]], df = m$df[[1]], p = m$p.value[[1]]), deparse1(m$call))
low <- subset(d, before < 28); e <- (1 - .6) * (mean(d$before) - mean(low$before))
add("change_expected", c(expected_change = e, beyond_expected = mean(low$y - low$before) - e), "(1 - r) (mean - mean of the selected)")
write.csv(figures, "attrition_figures.csv", row.names = FALSE, quote = c(1, 2, 4))
