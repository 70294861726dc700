using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DChat.Tls;
using DChat.Tls.Certificates;

namespace DChat.Testing.Tls;

/// <summary>Issues certificates for silos and clients, and writes them as an operator would have them.</summary>
public sealed class TestAuthority : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(90);

    private readonly TemporaryFolder _folder = new();
    private readonly X509Certificate2 _root;

    public TestAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=dchat test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        _root = request.CreateSelfSigned(Now - TimeSpan.FromDays(400), Now + TimeSpan.FromDays(400));
        File.WriteAllText(Path, _root.ExportCertificatePem());
    }

    /// <summary>The time of the machine, by which TLS judges.</summary>
    public static DateTimeOffset Now => DateTimeOffset.UtcNow;

    /// <summary>The PEM file with the authority's certificate.</summary>
    public string Path => _folder["authority.pem"];

    /// <summary>The certificate of the authority.</summary>
    public X509Certificate2 Root => _root;

    /// <summary>Files of a silo.</summary>
    public TlsFiles Silo() => Write("silo", Issue(isSilo: true));

    /// <summary>Files of a client.</summary>
    public TlsFiles Client() => Write("client", Issue(isSilo: false));

    /// <summary>A certificate with its key.</summary>
    /// <param name="isSilo">Whether it has the mark of silos.</param>
    /// <param name="notAfter">When it ends; in 90 days if null.</param>
    /// <param name="purposes">Object identifiers of what it is for; anything when empty.</param>
    public X509Certificate2 Issue(bool isSilo, DateTimeOffset? notAfter = null, params string[] purposes)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(isSilo ? "CN=silo" : "CN=client", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_root, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (isSilo)
        {
            request.CertificateExtensions.Add(SiloMark.CreateExtension());
        }

        if (purposes.Length > 0)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. purposes.Select(oid => new Oid(oid))], critical: false));
        }

        using var certificate = request.Create(_root, Now - TimeSpan.FromDays(300), notAfter ?? Now + Lifetime, RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>Writes a certificate and its key in PEM, over what was there.</summary>
    /// <param name="name">How the files begin.</param>
    /// <param name="certificate">The certificate, with its key.</param>
    public TlsFiles Write(string name, X509Certificate2 certificate)
    {
        var files = new TlsFiles { Certificate = _folder[$"{name}.pem"], Key = _folder[$"{name}.key"], Authority = Path };
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(files.Key, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return files;
    }

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }
}
