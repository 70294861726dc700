using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace DChat.Tls.Certificates;

/// <summary>Judges a peer's certificate. Host names do not count: silos dial addresses.</summary>
internal static class PeerJudge
{
    /// <summary>How a chain is built: to the authorities and to nothing else, and without asking anybody over the network.</summary>
    /// <param name="authorities">Whom to trust.</param>
    public static X509ChainPolicy CreatePolicy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,

            // A stranger's certificate must not send us to an address of its choice.
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    /// <summary>What is wrong, as the end of a sentence that begins with "the certificate"; null when nothing is.</summary>
    /// <param name="certificate">What the peer shows; null when it shows nothing.</param>
    /// <param name="chain">What <see cref="CreatePolicy"/> led to.</param>
    /// <param name="errors">What the system says.</param>
    /// <param name="role">What it must be of.</param>
    public static string? FaultOf(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors, PeerRole role)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return "is missing";
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            return FaultOf(chain?.ChainStatus ?? [], certificate);
        }

        return role == PeerRole.Silo && !SiloMark.IsOn(certificate) ? $"is not a silo's: it lacks the name URI:{SiloMark.Uri}" : null;
    }

    /// <summary>The same for the result of <see cref="X509Chain.Build"/>.</summary>
    public static string? FaultOf(IReadOnlyList<X509ChainStatus> statuses, X509Certificate2 certificate)
    {
        var all = statuses.Aggregate(X509ChainStatusFlags.NoError, (flags, status) => flags | status.Status);
        return all switch
        {
            _ when Has(X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid) => "is of another authority",
            _ when Has(X509ChainStatusFlags.NotTimeValid) => $"is valid from {Utc(certificate.NotBefore)} to {Utc(certificate.NotAfter)} only, or one above it has expired",
            _ when Has(X509ChainStatusFlags.NotValidForUsage) => "is not for this use: where it names purposes, they must include both clientAuth and serverAuth for a silo, clientAuth for a client",
            _ => $"does not hold: {all}",
        };

        bool Has(X509ChainStatusFlags flags) => (all & flags) != 0;
    }

    private static string Utc(DateTime local) => local.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
}
