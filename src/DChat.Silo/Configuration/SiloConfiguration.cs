using DChat.Core;
using DChat.Core.Admission;
using DChat.Core.Topics;
using DChat.Federation;
using DChat.Gateway;
using DChat.Grains.Callers;
using DChat.Grains.Epochs;
using DChat.Grains.SyncShard;
using DChat.Libp2p.Host;
using DChat.Storage.Azure.Log;
using DChat.Storage.Log.Local;

namespace DChat.Silo.Configuration;

/// <summary>What the configuration says, section by section.</summary>
internal sealed class SiloConfiguration
{
    private const string Root = "DChat";

    private readonly IConfiguration _configuration;

    /// <summary>Reads every section.</summary>
    /// <exception cref="DChatException">
    /// A key is unknown, or a value cannot be read or is out of its range (<c>options-invalid</c>).
    /// </exception>
    public SiloConfiguration(IConfiguration configuration)
    {
        _configuration = configuration;
        RejectUnknownKeys();
        Silo = Read<SiloOptions>(options => options.Validate());
        Network = Read<NetworkOptions>(options => options.Validate());
        Membership = Read<MembershipOptions>(options => options.Validate());
        Storage = Read<StorageOptions>(options => options.Validate());
        Azure = Read<AzureOptions>(options => options.Validate());
        AzureLog = Read<AzureShardLogOptions>(options => options.Validate());
        Redis = Read<RedisOptions>(options => options.Validate());
        Read<SyncShardOptions>(options => options.Validate());
        Read<EpochOptions>(options => options.Validate());
        Read<AdmissionOptions>(options => options.Validate());
        Read<OperatorOptions>(options => options.Validate());
        Tls = Read<TlsOptions>(options => options.Validate());
        Gateway = Read<GatewayOptions>(options => options.Validate());
        Read<SyncOptions>(options => options.Validate());

        Read<LocalShardLogOptions>(options => OptionRules.Check(options));
        RequireTransport();
        ProviderRules.Check(this);
        Tls.CheckAddress(Membership.IPAddress);
    }

    public SiloOptions Silo { get; }

    public NetworkOptions Network { get; }

    public MembershipOptions Membership { get; }

    public StorageOptions Storage { get; }

    public AzureOptions Azure { get; }

    public AzureShardLogOptions AzureLog { get; }

    public RedisOptions Redis { get; }

    public TlsOptions Tls { get; }

    public GatewayOptions Gateway { get; }

    /// <summary>The section of a type of options; its values can be read and are in their ranges.</summary>
    public IConfigurationSection SectionOf<TOptions>() => _configuration.GetSection(OptionRules.SectionOf(typeof(TOptions)));

    private TOptions Read<TOptions>(Action<TOptions> validate)
        where TOptions : class, new()
    {
        var path = OptionRules.SectionOf(typeof(TOptions));
        try
        {
            var options = _configuration.GetSection(path).Get<TOptions>() ?? new TOptions();
            validate(options);
            return options;
        }
        catch (DChatException e) when (e.Code == OptionRange.InvalidCode)
        {
            throw new DChatException(e.Code, $"{path}:{e.Message}", inner: e);
        }
        catch (InvalidOperationException e)
        {
            // The binder names the key only within its message.
            var setting = Settings.All.First(setting => e.Message.Contains($"'{setting.Key}'", StringComparison.OrdinalIgnoreCase));
            throw new DChatException(
                OptionRange.InvalidCode, $"{setting.Key} is '{_configuration[setting.Key]}'; it must be {setting.Range}.", inner: e);
        }
    }

    /// <summary>Refuses what the edge has no transport for, before a file is made or a port opened.</summary>
    private void RequireTransport()
    {
        var transports = new Libp2pOptions().Transports;
        var canListen = Gateway.ListenAddresses.All(address => transports.Any(transport => transport.Matches(address)));
        try
        {
            OptionRules.Require(canListen, Gateway, nameof(Gateway.Listen));
        }
        catch (DChatException e)
        {
            throw new DChatException(e.Code, $"{OptionRules.SectionOf(typeof(GatewayOptions))}:{e.Message}", inner: e);
        }
    }

    private void RejectUnknownKeys()
    {
        foreach (var (key, value) in _configuration.GetSection(Root).AsEnumerable())
        {
            if (value is not null && Settings.Find(key) is null)
            {
                throw new DChatException(OptionRange.InvalidCode, $"{key} is not an option; --help lists them.");
            }
        }
    }
}
