# Figures of laeken and survey that tests/methods/test_inequality.py compares with.
#   Rscript inequality.R   (R 4.2.2, survey 4.1.1, laeken 0.5.2)   writes inequality_sample.csv, inequality_figures.csv
# Values are laeken's. Errors are svytotal's of influence values worked out here: for Gini by differentiating laeken's own
# function numerically in each weight, for the others from the formulas of Osier (2009), written for one domain or all.
# `bootstrap` is the error of 2,000 replicates of the whole figure, threshold estimated again in each.
suppressPackageStartupMessages({ library(survey); library(laeken) })
options(digits = 15)
set.seed(20260104)
frame <- do.call(rbind, lapply(c("a", "b", "c"), function(stratum) {
  psus <- c(a = 14, b = 12, c = 10)[[stratum]]
  do.call(rbind, lapply(seq_len(psus), function(p) data.frame(stratum, psu = p, person = seq_len(12 + p %% 5))))
}))
place <- paste(frame$stratum, frame$psu)
frame$income <- round(exp(9.6 + 0.15 * rnorm(length(unique(place)))[match(place, unique(place))] +
                            c(a = 0, b = 0.2, c = -0.1)[frame$stratum] + 0.55 * rnorm(nrow(frame))), 1)
frame$weight <- round(runif(nrow(frame), 0.5, 3) * c(a = 10, b = 20, c = 35)[frame$stratum], 3)
frame$region <- ifelse(frame$psu %% 3 == 0, "north", "south")
write.csv(frame, "inequality_sample.csv", row.names = FALSE, quote = FALSE)
design <- svydesign(ids = ~psu, strata = ~stratum, nest = TRUE, weights = ~weight, data = frame)
y <- frame$income; w <- frame$weight

figures <- NULL
add <- function(case, figure, call, value)
  figures <<- rbind(figures, data.frame(case, figure, value = sprintf("%.15g", as.vector(value)), call))
error <- function(u) { design$variables$u <- u; as.vector(SE(svytotal(~u, design))) }
quantile_of <- function(x, w, p) { o <- order(x); x[o][which(cumsum(w[o]) / sum(w) >= p - 1e-12)[1]] }
density_at <- function(x, w, at) {
  h <- 0.79 * (quantile_of(x, w, .75) - quantile_of(x, w, .25)) * (sum(w)^2 / sum(w^2))^(-1/5)
  sum(w * dnorm(x, at, h)) / sum(w)
}
for (case in c("all", "north", "given")) {
  inside <- if (case == "north") frame$region == "north" else rep(TRUE, nrow(frame))
  d <- ifelse(inside, w, 0); N <- sum(d)
  median <- quantile_of(y, w, .5)
  stopifnot(median == weightedMedian(y, w))
  line <- if (case == "given") 9000 else as.vector(0.6 * median)
  u_median <- -(1 / (sum(w) * density_at(y, w, median))) * ((y <= median) - .5)
  u_line <- if (case == "given") 0 * y else 0.6 * u_median
  rate <- laeken:::weightedRate(y[inside], w[inside], line) / 100
  if (case == "all") stopifnot(abs(rate - arpr(y, weights = w)$value / 100) < 1e-12)
  u_rate <- ifelse(inside, (y < line) - rate, 0) / N + density_at(y[inside], w[inside], line) * u_line
  add(case, "threshold", "0.6 * laeken::weightedMedian(y, w)", line)
  add(case, "rate", "laeken::arpr (weightedRate at the threshold)", rate)
  add(case, "rate_se", "svytotal of (1(y < t) - R) / N + f(t) * 0.6 * u(median)", error(u_rate))
  gap <- laeken:::relativeGap(y[inside], w[inside], threshold = line) / 100
  middle <- line * (1 - gap)
  u_middle <- (u_rate / 2 - ifelse(inside, (y <= middle * (1 + 1e-12)) - rate / 2, 0) / N) / density_at(y[inside], w[inside], middle)
  add(case, "gap", "laeken::rmpg (relativeGap at the threshold)", gap)
  add(case, "gap_se", "svytotal of middle / t^2 u(t) - u(middle) / t", error(middle / line^2 * u_line - u_middle / line))
  if (case == "given") next
  x <- y[inside]; v <- w[inside]
  add(case, "ratio", "laeken::qsr", qsr(x, weights = v)$value)
  q <- c(quantile_of(x, v, .2), quantile_of(x, v, .8))
  S20 <- sum(v * x * (x <= q[1])); S80 <- sum(v * x * (x > q[2]))
  stopifnot(abs(S80 / S20 / qsr(x, weights = v)$value - 1) < 1e-12)
  u20 <- y * (y <= q[1]) - q[1] * ((y <= q[1]) - .2)
  u80 <- y - y * (y <= q[2]) + q[2] * ((y <= q[2]) - .8)
  add(case, "ratio_se", "svytotal of (u(S80) - S80 / S20 * u(S20)) / S20", error(ifelse(inside, (u80 - S80 / S20 * u20) / S20, 0)))
  G <- function(v) laeken:::giniCoeff(x, v) / 100
  add(case, "gini", "laeken::gini", G(v))
  numeric <- sapply(seq_along(v), function(k) { h <- v[k] * 1e-3; up <- down <- v; up[k] <- v[k] + h; down[k] <- v[k] - h
    up2 <- down2 <- v; up2[k] <- v[k] + 2 * h; down2[k] <- v[k] - 2 * h
    (8 * (G(up) - G(down)) - (G(up2) - G(down2))) / (12 * h) })
  u <- rep(0, nrow(frame)); u[inside] <- numeric
  add(case, "gini_se", "svytotal of numeric derivatives of laeken's Gini in each weight", error(u))
}
set.seed(7)
replicates <- as.svrepdesign(design, type = "subbootstrap", replicates = 2000)
again <- function(of) as.vector(SE(withReplicates(replicates, of)))
add("all", "rate_bootstrap", "withReplicates(subbootstrap, arpr)", again(function(w, data) {
  keep <- w > 0; laeken:::weightedRate(data$income[keep], w[keep], 0.6 * weightedMedian(data$income[keep], w[keep])) / 100 }))
add("all", "gap_bootstrap", "withReplicates(subbootstrap, rmpg)", again(function(w, data) {
  keep <- w > 0; laeken:::relativeGap(data$income[keep], w[keep], threshold = 0.6 * weightedMedian(data$income[keep], w[keep])) / 100 }))
add("all", "ratio_bootstrap", "withReplicates(subbootstrap, qsr)", again(function(w, data) { keep <- w > 0
  laeken:::quintileRatio(data$income[keep], w[keep]) }))
add("all", "gini_bootstrap", "withReplicates(subbootstrap, gini)", again(function(w, data) { keep <- w > 0
  laeken:::giniCoeff(data$income[keep], w[keep]) / 100 }))
write.csv(figures, "inequality_figures.csv", row.names = FALSE)
