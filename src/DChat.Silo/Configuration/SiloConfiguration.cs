using DChat.Core;
using DChat.Core.Admission;
using DChat.Core.Topics;
using DChat.Gateway;
using DChat.Grains.SyncShard;
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
        Read<SyncShardOptions>(options => options.Validate());
        Read<AdmissionOptions>(options => options.Validate());
        Gateway = Read<GatewayOptions>(options => options.Validate());

        // The log checks the ranges of its own when the host starts.
        Read<LocalShardLogOptions>(_ => { });
    }

    public SiloOptions Silo { get; }

    public NetworkOptions Network { get; }

    public GatewayOptions Gateway { get; }

    /// <summary>The section of a type of options; its values can be read and are in their ranges.</summary>
    public IConfigurationSection SectionOf<TOptions>() => _configuration.GetSection(PathOf(typeof(TOptions)));

    /// <summary>Where in the configuration a type of options stands.</summary>
    public static string PathOf(Type options) =>
        options == typeof(LocalShardLogOptions) ? $"{Root}:Log"
        : options == typeof(SyncShardOptions) ? $"{Root}:Gossip"
        : options == typeof(AdmissionOptions) ? $"{Root}:Admission"
        : options == typeof(GatewayOptions) ? $"{Root}:Libp2p"
        : Root;

    private TOptions Read<TOptions>(Action<TOptions> validate)
        where TOptions : class, new()
    {
        var path = PathOf(typeof(TOptions));
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
