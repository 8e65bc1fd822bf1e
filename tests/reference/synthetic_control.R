# Figures that tests/methods/impact compares with: synthetic control.
#   Rscript synthetic_control.R     writes synthetic_control_units.csv and synthetic_control_figures.csv beside itself
# R 4.2.2, quadprog 1.5-8. Each figure stands with the call that gave it.
suppressPackageStartupMessages(library(quadprog))
options(digits = 15)
set.seed(20260411)
units <- 13; periods <- 2000:2025; start <- 2018
f <- cbind(cumsum(rnorm(length(periods), .3)), rnorm(length(periods))); load <- matrix(runif(2 * units, .2, 1.5), units); load[4, ] <- .5 * load[2, ] + .5 * load[9, ]
Y <- round(load %*% t(f) + 20 + matrix(rnorm(units * length(periods), 0, .4), units), 3)
Y[4, periods >= start] <- Y[4, periods >= start] + 3
d <- data.frame(unit = rep(100 + seq_len(units), each = length(periods)), period = rep(periods, units), y = as.vector(t(Y)))
d$treated <- as.integer(d$unit == 104 & d$period >= start)
write.csv(d, "synthetic_control_units.csv", row.names = FALSE, quote = FALSE)
figures <- NULL
add <- function(case, values, call) {
  values <- unlist(values)
  figures <<- rbind(figures, data.frame(case, figure = names(values), value = as.vector(values), call))
}
early <- periods < start
weights <- function(i, donors) {
  Z <- t(Y[donors, early]); J <- length(donors)
  solve.QP(crossprod(Z), crossprod(Z, Y[i, early]), cbind(1, diag(J)), c(1, rep(0, J)), meq = 1)$solution
}
gap <- function(i, donors) Y[i, ] - drop(weights(i, donors) %*% Y[donors, ])
rms <- function(x) sqrt(mean(x^2)); ratio <- function(g) rms(g[!early]) / rms(g[early])
others <- setdiff(seq_len(units), 4); g <- gap(4, others)
placebo <- sapply(others, function(j) ratio(gap(j, setdiff(others, j))))
add("synthetic", c(effect = mean(g[!early]), p = (1 + sum(placebo >= ratio(g))) / units, gap_before = rms(g[early]), gap_after = rms(g[!early]), ratio = ratio(g),
  largest_weight = max(weights(4, others))), "solve.QP on the outcomes before; ratios of placebos")
add("synthetic_weights", setNames(weights(4, others), paste0("w", 100 + others)), "solve.QP")
add("synthetic_gaps", setNames(g, paste0("g", periods)), "treated less donors")
write.csv(figures, "synthetic_control_figures.csv", row.names = FALSE, quote = c(1, 2, 4))
