using DChat.Core;

namespace DChat.Tls;

/// <summary>
/// The files by which a process shows who it is and knows its peers. <see cref="Certificate"/> and <see cref="Authority"/> go
/// together; with neither there is no TLS.
/// </summary>
public class TlsFiles
{
    /// <summary>
    /// A PEM file with the certificate first and those between it and the authority behind it, or a PFX file (<c>.pfx</c>,
    /// <c>.p12</c>). Default: null, no TLS.
    /// </summary>
    [Option("the certificate shown to silos and clients, which must then show theirs; read again when it changes", Form = "a PEM file, with the certificates between it and the authority behind it, or a .pfx or .p12 file; set together with Authority", Default = "none", Switch = "--tls-certificate")]
    public string? Certificate { get; set; }

    /// <summary>A PEM file with the private key of a PEM certificate. Default: null, for PFX files, which hold the key.</summary>
    [Option("the private key of the certificate", Form = "a PEM file, needed with a PEM certificate and left out otherwise", Default = "none", Switch = "--tls-key")]
    public string? Key { get; set; }

    /// <summary>The password of the key or PFX file. Default: null, none.</summary>
    [Option("the password of the key or of the .pfx file; a secret: set it in the environment", Form = "left out without a certificate", Default = "none")]
    public string? KeyPassword { get; set; }

    /// <summary>A PEM file with the certificates of the authorities that peers' certificates must chain to; the system's are not trusted.</summary>
    [Option("the authorities that issue the certificates of silos and clients; no other is trusted, and who has a certificate of theirs is a client", Form = "a PEM file with one or more certificates; set together with Certificate", Default = "none", Switch = "--tls-authority")]
    public string? Authority { get; set; }

    /// <summary>Whether there is TLS.</summary>
    public bool IsSet => Certificate is not null;

    /// <summary>The files named by <c>DCHAT_TLS_CERTIFICATE</c>, <c>DCHAT_TLS_KEY</c>, <c>DCHAT_TLS_KEY_PASSWORD</c> and <c>DCHAT_TLS_AUTHORITY</c>; null when none of them is set.</summary>
    public static TlsFiles? FromEnvironment()
    {
        var files = new TlsFiles
        {
            Certificate = Variable("CERTIFICATE"),
            Key = Variable("KEY"),
            KeyPassword = Variable("KEY_PASSWORD"),
            Authority = Variable("AUTHORITY"),
        };
        return (files.Certificate ?? files.Key ?? files.KeyPassword ?? files.Authority) is null ? null : files;
    }

    /// <summary>Checks that what goes together is there together; the files are not read.</summary>
    /// <exception cref="DChatException">It is not (<c>options-invalid</c>); the message names the option.</exception>
    public void Validate()
    {
        var isAny = (Certificate ?? Key ?? Authority) is not null;
        Require(!isAny || !string.IsNullOrWhiteSpace(Certificate), nameof(Certificate));
        Require(!isAny || !string.IsNullOrWhiteSpace(Authority), nameof(Authority));
        Require(!isAny || IsPfx == string.IsNullOrWhiteSpace(Key), nameof(Key));
        OptionRange.Require(KeyPassword is null || isAny, nameof(KeyPassword), "set", "left out without a certificate");
    }

    /// <summary>Whether the certificate is in a PFX file.</summary>
    internal bool IsPfx => Path.GetExtension(Certificate)?.ToUpperInvariant() is ".PFX" or ".P12";

    private static string? Variable(string name) => Environment.GetEnvironmentVariable($"DCHAT_TLS_{name}") is { Length: > 0 } value ? value : null;

    private void Require(bool holds, string name) => OptionRules.Require(holds, this, name);
}
