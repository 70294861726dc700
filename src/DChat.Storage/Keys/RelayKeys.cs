using System.Security.Cryptography;
using DChat.Abstractions.Files;
using DChat.Core;
using DChat.Core.Keys;
using DChat.Core.Relays;
using DChat.Core.Statements;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Storage.Keys;

/// <summary>
/// Who a gateway is and for whom it speaks: the seed of its own key, the relay it belongs to, and the relay's delegation to
/// it. The files are <c>relay.key</c>, <c>gateways/&lt;name&gt;.key</c> and <c>gateways/&lt;name&gt;.delegation</c> of the data
/// directory, made at the first start. The operator's key is read when a delegation is to be signed and not kept in
/// memory; while a delegation holds, the file may be somewhere else. Thread-safe.
/// </summary>
public sealed partial class RelayKeys : IDisposable
{
    /// <summary>How long a delegation holds; it is renewed when half of that is left.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    /// <summary>How often a running gateway looks whether its delegation is due.</summary>
    public static readonly TimeSpan RenewalPeriod = TimeSpan.FromHours(1);

    /// <summary>How long before now a new delegation begins to hold, for verifiers whose clock is late.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(10);

    /// <summary>The longest key file or delegation read.</summary>
    internal const int MaxFileBytes = 4_096;

    private const string RelayFile = "relay.key";
    private const string Folder = "gateways";
    private const string DelegationSuffix = ".delegation";

    private readonly PrivateFolder _files;
    private readonly RelayKeysOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly FileStream _lock;
    private readonly byte[] _seed;
    private readonly string _delegationFile;
    private readonly Lock _gate = new();
    private Signed<GatewayDelegation> _delegation;
    private ITimer? _renewal;
    private bool _disposed;

    private RelayKeys(PrivateFolder files, RelayKeysOptions options, TimeProvider time, ILogger logger, FileStream keyFile)
    {
        _files = files;
        _options = options;
        _time = time;
        _logger = logger;
        _lock = keyFile;
        _delegationFile = Path.Combine(Folder, options.Name + DelegationSuffix);
        _seed = KeyFile.ParseSeed(KeyFile.GatewayKind, files.Read(keyFile), reason => files.Corrupt(keyFile.Name, reason));
        using (var key = SigningKey.FromSeed(_seed))
        {
            GatewayKey = key.PublicKey;
        }

        _delegation = Delegate();
        RelayId = _delegation.Statement.Relay;
    }

    /// <summary>The relay that the gateway speaks for.</summary>
    public RelayId RelayId { get; }

    /// <summary>The gateway's Ed25519 public key, the one its PeerId is made of.</summary>
    public Bytes32 GatewayKey { get; }

    /// <summary>The delegation to show; a newer one takes its place when half of its time is over.</summary>
    public Signed<GatewayDelegation> Current { get { lock (_gate) { return _delegation; } } }

    /// <summary>Opens the keys, making those that are not there yet, and keeps the gateway's name to itself until disposed.</summary>
    /// <param name="options">Where and for whom.</param>
    /// <param name="time">Tells when delegations begin and end.</param>
    /// <param name="logger">Told of renewals.</param>
    /// <exception cref="DChatException">
    /// Another process uses the name (<c>gateway-locked</c>, transient), others may read a key (<c>key-permissions</c>), a file
    /// is damaged (<c>key-corrupt</c>) or out of reach (<c>key-unavailable</c>), or nobody is there to delegate (<c>delegation-unusable</c>).
    /// </exception>
    public static RelayKeys Open(RelayKeysOptions options, TimeProvider time, ILogger<RelayKeys>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        var files = new PrivateFolder(options.Directory, KeyErrors.Codes, MaxFileBytes);
        files.CreateFolder(isPrivate: false);
        files.CreateFolder(Folder);
        files.RequirePrivate(Folder);
        var keyFile = OpenKey(files, options.Name);
        try
        {
            var keys = new RelayKeys(files, options, time, logger ?? NullLogger<RelayKeys>.Instance, keyFile);
            keys._renewal = time.CreateTimer(_ => keys.Renew(), null, RenewalPeriod, RenewalPeriod);
            return keys;
        }
        catch
        {
            keyFile.Dispose();
            throw;
        }
    }

    /// <summary>The 32-byte seed of the gateway's key; clear the array after use.</summary>
    public byte[] ExportGatewaySeed() => [.. _seed];

    /// <inheritdoc/>
    public void Dispose()
    {
        _renewal?.Dispose();
        lock (_gate)
        {
            _disposed = true;
            CryptographicOperations.ZeroMemory(_seed);
            _lock.Dispose();
        }
    }

    private static FileStream OpenKey(PrivateFolder files, string name)
    {
        var file = Path.Combine(Folder, name + ".key");
        Draw(files, file, KeyFile.GatewayKind);
        return files.TryLock(file, FileMode.Open, FileAccess.Read) ?? throw KeyErrors.Locked(files.PathOf(file), name);
    }

    /// <summary>Makes a key file with a new key, unless it is there.</summary>
    private static void Draw(PrivateFolder files, string file, string kind)
    {
        if (files.Exists(file))
        {
            files.Settle(file);
        }
        else
        {
            var drawn = KeyFile.Draw(kind);
            files.CreateUnlessThere(file, drawn);
            CryptographicOperations.ZeroMemory(drawn);
        }
    }

    /// <summary>The delegation on disk if it will do, otherwise a new one.</summary>
    private Signed<GatewayDelegation> Delegate()
    {
        // In this order: whoever delegates has made relay.key before, so delegations without it mean that it was taken away.
        var isKeyElsewhere = _files.List(Folder, DelegationSuffix).Count > 0;
        var known = ReadDelegation(out var problem);
        using var key = ReadRelayKey(mayCreate: !isKeyElsewhere);
        if (known is not null && (key is null || (known.Statement.Signer == key.PublicKey && !IsDue(known.Statement))))
        {
            return known;
        }

        return key is not null ? Issue(key) : throw KeyErrors.Undelegated(_files.PathOf(_delegationFile), problem!);
    }

    /// <summary>The delegation on disk; null, with the reason, when there is none that holds now for this gateway and network.</summary>
    private Signed<GatewayDelegation>? ReadDelegation(out string? problem)
    {
        if (_files.Read(_delegationFile, isSecret: false) is not { } content)
        {
            problem = "does not exist";
            return null;
        }

        var fault = Signed<GatewayDelegation>.TryRead(content, _options.Network, out var signed);
        problem = fault is StatementFault.None ? Problem(signed!.Statement)
            : fault is StatementFault.WrongNetwork ? $"is not for network {_options.Network}"
            : throw _files.Corrupt(_delegationFile, "it is not a signed delegation");
        return problem is null ? signed : null;
    }

    private SigningKey? ReadRelayKey(bool mayCreate)
    {
        if (mayCreate)
        {
            Draw(_files, RelayFile, KeyFile.RelayKind);
        }

        if (_files.Read(RelayFile) is not { } content)
        {
            return null;
        }

        var seed = KeyFile.ParseSeed(KeyFile.RelayKind, content, reason => _files.Corrupt(RelayFile, reason));
        var key = SigningKey.FromSeed(seed);
        CryptographicOperations.ZeroMemory(seed);
        return key;
    }

    private string? Problem(GatewayDelegation delegation) =>
        delegation.Gateway != GatewayKey ? "is for another gateway"
        : !delegation.HoldsAt(_time.GetUtcNow()) ? $"holds only from {delegation.NotBefore:O} to {delegation.NotAfter:O}"
        : null;

    private bool IsDue(GatewayDelegation delegation) => delegation.NotAfter - _time.GetUtcNow() < Lifetime / 2;

    private Signed<GatewayDelegation> Issue(SigningKey key)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(_time.GetUtcNow().ToUnixTimeMilliseconds());
        var delegation = new GatewayDelegation
        {
            Relay = new RelayId(key.PublicKey),
            Gateway = GatewayKey,
            NotBefore = now - ClockTolerance,
            NotAfter = now + Lifetime,
        };
        var signed = Signed<GatewayDelegation>.Sign(_options.Network, delegation, key);
        _files.Replace(_delegationFile, signed.Encode());
        LogDelegated(_options.Name, delegation.Relay, delegation.NotAfter);
        return signed;
    }

    private void Renew()
    {
        lock (_gate)
        {
            if (!_disposed && IsDue(_delegation.Statement))
            {
                TryRenew();
            }
        }
    }

    private void TryRenew()
    {
        try
        {
            using var key = ReadRelayKey(mayCreate: false);
            if (key?.PublicKey == RelayId.Value)
            {
                _delegation = Issue(key);
            }
            else
            {
                LogCannotRenew(_options.Name, _delegation.Statement.NotAfter, key is null ? "relay.key is not there" : "relay.key is that of another relay");
            }
        }
        catch (DChatException failure)
        {
            LogCannotRenew(_options.Name, _delegation.Statement.NotAfter, failure.Message);
        }
    }
}
