# Generalisability in base R (4.2.2), for tests/methods/test_transport.py: the formula of Tipton (2014), glm for the
# propensity and integrate for the index.
#   Rscript transport.R      writes transport_sites.csv, transport_target.csv, transport_figures.csv
options(digits = 15)
set.seed(77)
target <- data.frame(population = round(exp(rnorm(400, 6.4, .7))), density = round(exp(rnorm(400, 3.2, .6)), 1))
near <- target[sample(400, 30), ]
tilted <- target[sample(400, 25, prob = target$population), ]
write.csv(target, "transport_target.csv", row.names = FALSE)
write.csv(rbind(data.frame(sites = "near", near), data.frame(sites = "tilted", tilted)), "transport_sites.csv", row.names = FALSE)
kernel <- function(x, data) { h <- max((4 * sqrt(var(data))^5 / (3 * length(data)))^.2, .001); sapply(x, function(v) mean(dnorm((v - data) / h)) / h) }
rows <- NULL
for (sites in c("near", "tilted")) {
  s <- get(sites); x <- log(rbind(s, target)); y <- rep(1:0, c(nrow(s), 400))
  g <- glm(y ~ population + density, binomial, cbind(y, x), control = list(epsilon = 1e-14, maxit = 100))
  l <- predict(g); a <- l[y == 1]; b <- l[y == 0]
  index <- integrate(function(v) sqrt(kernel(v, a) * kernel(v, b)), min(l) - 10, max(l) + 10, rel.tol = 1e-11, subdivisions = 5000)$value
  d <- (colMeans(log(s)) - colMeans(log(target))) / apply(log(target), 2, sd)
  r <- apply(log(s), 2, range); t <- log(target)
  outside <- mean(t[, 1] < r[1, 1] | t[, 1] > r[2, 1] | t[, 2] < r[1, 2] | t[, 2] > r[2, 2])
  w <- exp(-a) / sum(exp(-a))
  rows <- rbind(rows, data.frame(sites, index, population = d[1], density = d[2], outside, heaviest = max(w), effective = 1 / sum(w^2),
    call = "integrate(sqrt(f1 * f2)) over predict(glm(studied ~ log(population) + log(density), binomial))"))
}
write.csv(rows, "transport_figures.csv", row.names = FALSE)
