# Replicate variances of R's survey package that tests/methods/test_replication.py compares with.
#   Rscript replication.R     (R 4.2.2, survey 4.1.1)     writes replication_*.csv beside itself
# replication_sample.csv: five strata of two sampling units; replication_factors.csv: the factors of a bootstrap that R
# drew, one row a sampling unit; replication_figures.csv: variances with the call that gave each.
suppressPackageStartupMessages(library(survey))
options(digits = 15)
set.seed(20260519)
frame <- do.call(rbind, lapply(sprintf("h%d", 1:5), function(stratum) do.call(rbind, lapply(1:2, function(p)
  data.frame(stratum, psu = paste0(stratum, "-", p), person = seq_len(sample(6:14, 1)))))))
frame$weight <- round(runif(nrow(frame), 1, 6), 2)
frame$y <- round(rlnorm(nrow(frame), 3, .6) + 5 * rnorm(10)[factor(frame$psu)], 2)
frame$x <- round(runif(nrow(frame), 1, 9), 1)
frame$fpc <- c(h1 = 8, h2 = 20, h3 = 11, h4 = 9, h5 = 30)[frame$stratum]
write.csv(frame, "replication_sample.csv", row.names = FALSE, quote = FALSE)

sylvester <- function(k) if (k == 0) matrix(1) else { h <- sylvester(k - 1); rbind(cbind(h, h), cbind(h, -h)) }
hadamard8 <- sylvester(3)  # the rows after that of ones belong to strata
design <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = frame)
finite <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, fpc = ~fpc, data = frame)
plain <- svydesign(ids = ~psu, weights = ~weight, data = frame)
set.seed(7)
replicates <- list(
  JK1 = list(as.svrepdesign(plain, type = "JK1"), "as.svrepdesign(type = \"JK1\")"),
  JKn = list(as.svrepdesign(design, type = "JKn"), "as.svrepdesign(type = \"JKn\")"),
  "JKn-fpc" = list(as.svrepdesign(finite, type = "JKn"), "as.svrepdesign(type = \"JKn\"), fpc"),
  BRR = list(as.svrepdesign(design, type = "BRR", hadamard.matrix = hadamard8), "as.svrepdesign(type = \"BRR\", hadamard.matrix = Sylvester 8)"),
  Fay = list(as.svrepdesign(design, type = "Fay", fay.rho = .3, hadamard.matrix = hadamard8), "as.svrepdesign(type = \"Fay\", fay.rho = 0.3, hadamard.matrix = Sylvester 8)"),
  bootstrap = list(as.svrepdesign(design, type = "subbootstrap", replicates = 60), "as.svrepdesign(type = \"subbootstrap\", replicates = 60)")
)
middle <- function(w, d) { o <- order(d$y); F <- cumsum(w[o]) / sum(w); d$y[o][which(F >= .5 - 1e-12)[1]] }
statistics <- list(mean = function(w, d) sum(w * d$y) / sum(w), ratio = function(w, d) sum(w * d$y) / sum(w * d$x),
                   total = function(w, d) sum(w * d$y), median = middle)
figures <- NULL
for (method in names(replicates)) for (statistic in names(statistics)) for (mse in c(FALSE, TRUE)) {
  d <- replicates[[method]][[1]]
  d$mse <- mse
  v <- withReplicates(d, statistics[[statistic]])
  figures <- rbind(figures, data.frame(method, statistic, centre = if (mse) "estimate" else "replicate-mean",
    value = as.vector(coef(v)), variance = as.vector(vcov(v)), call = paste0(replicates[[method]][[2]], "; withReplicates, mse = ", mse)))
}
write.csv(format(figures, digits = 15), "replication_figures.csv", row.names = FALSE, quote = 6)
psus <- !duplicated(frame$psu)
write.csv(data.frame(psu = frame$psu[psus], as.matrix(replicates$bootstrap[[1]]$repweights)[psus, ]), "replication_factors.csv", row.names = FALSE, quote = FALSE)
