using DChat.Core;
using DChat.Core.Admission;
using DChat.Grains.SyncShard;
using DChat.Storage.Log.Local;

namespace DChat.Silo.Configuration;

/// <summary>What the configuration says, section by section. Ranges of other projects' options are checked when the host starts.</summary>
internal sealed class SiloConfiguration
{
    private const string Root = "DChat";

    private readonly IConfiguration _configuration;

    /// <summary>Reads every section.</summary>
    /// <exception cref="DChatException">A key is unknown, or a value cannot be read or is out of its range (<c>options-invalid</c>).</exception>
    public SiloConfiguration(IConfiguration configuration)
    {
        _configuration = configuration;
        RejectUnknownKeys();
        Silo = Bind<SiloOptions>(Root);
        Network = Bind<NetworkOptions>(Root);
        Log = SectionOf<LocalShardLogOptions>();
        Gossip = SectionOf<SyncShardOptions>();
        Admission = SectionOf<AdmissionOptions>();
        Silo.Validate();
    }

    public SiloOptions Silo { get; }

    public NetworkOptions Network { get; }

    public IConfigurationSection Log { get; }

    public IConfigurationSection Gossip { get; }

    public IConfigurationSection Admission { get; }

    /// <summary>Where in the configuration a type of options stands.</summary>
    public static string PathOf(Type options) =>
        options == typeof(LocalShardLogOptions) ? $"{Root}:Log"
        : options == typeof(SyncShardOptions) ? $"{Root}:Gossip"
        : options == typeof(AdmissionOptions) ? $"{Root}:Admission"
        : Root;

    /// <summary>The section, once it is known to be readable.</summary>
    private IConfigurationSection SectionOf<TOptions>()
        where TOptions : class, new()
    {
        var path = PathOf(typeof(TOptions));
        Bind<TOptions>(path);
        return _configuration.GetSection(path);
    }

    private TOptions Bind<TOptions>(string path)
        where TOptions : class, new()
    {
        try
        {
            return _configuration.GetSection(path).Get<TOptions>() ?? new TOptions();
        }
        catch (InvalidOperationException e)
        {
            // The binder names the key only within its message.
            var setting = Settings.All.First(setting => e.Message.Contains($"'{setting.Key}'", StringComparison.OrdinalIgnoreCase));
            throw new DChatException(OptionRange.InvalidCode, $"{setting.Key} is '{_configuration[setting.Key]}'; it must be {setting.Range}.", inner: e);
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
