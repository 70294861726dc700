using DChat.Core;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Topics;
using DChat.Gateway;
using DChat.Grains.Callers;
using DChat.Grains.SyncShard;
using DChat.Silo.Configuration;
using DChat.Storage.Azure.Log;
using DChat.Storage.Log.Local;
using Microsoft.Extensions.Configuration;

namespace DChat.Silo.Tests.Configuration;

/// <summary>Help, README and the check for unknown keys are derived from the declarations; here they are held against the options.</summary>
public sealed class SettingsTests
{
    // How a default reads that is nothing to read.
    private static readonly string[] Unwritten = ["none", "the role", "the silo's own", "dchat, else the network"];

    [Fact]
    public void A_documented_default_changes_nothing_when_it_is_set()
    {
        var written = Settings.All.Where(setting => !Unwritten.Contains(setting.Default))
            .ToDictionary(setting => setting.Key, setting => (string?)setting.Default);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(written).Build();

        var read = new SiloConfiguration(configuration);

        Assert.Equal(ValuesOf(new SiloOptions()), ValuesOf(read.Silo));
        Assert.Equivalent(new NetworkOptions(), read.Network, strict: true);
        Assert.Equivalent(new StorageOptions(), read.Storage, strict: true);
        Assert.Equivalent(new AzureOptions(), read.Azure, strict: true);
        Assert.Equal(("127.0.0.1", null, Provider.Local), (read.Membership.Address, read.Membership.Id, read.Membership.Membership));
        Assert.Equivalent(new GatewayOptions(), read.Gateway, strict: true);
        Assert.Equivalent(new LocalShardLogOptions(), read.SectionOf<LocalShardLogOptions>().Get<LocalShardLogOptions>(), strict: true);
        Assert.Equivalent(new AzureShardLogOptions(), read.SectionOf<AzureShardLogOptions>().Get<AzureShardLogOptions>(), strict: true);
        Assert.Equivalent(new SyncShardOptions(), read.SectionOf<SyncShardOptions>().Get<SyncShardOptions>(), strict: true);
        Assert.Equivalent(new AdmissionOptions(), read.SectionOf<AdmissionOptions>().Get<AdmissionOptions>(), strict: true);
    }

    [Fact]
    public void Every_option_that_configuration_could_set_is_declared()
    {
        var declared = Settings.All.Select(setting => setting.Key).ToHashSet();

        Assert.All(
            [
                .. KeysOf(typeof(SiloOptions), "DChat"),
                .. KeysOf(typeof(NetworkOptions), "DChat"),
                .. KeysOf(typeof(MembershipOptions), "DChat:Cluster"),
                .. KeysOf(typeof(StorageOptions), "DChat:Storage"),
                .. KeysOf(typeof(AzureOptions), "DChat:Azure"),
                .. KeysOf(typeof(RedisOptions), "DChat:Redis"),
                .. KeysOf(typeof(SyncShardOptions), "DChat:Gossip"),
                .. KeysOf(typeof(AdmissionOptions), "DChat:Admission"),
                .. KeysOf(typeof(OperatorOptions), "DChat:Operator"),
                .. KeysOf(typeof(TlsOptions), "DChat:Tls"),
                .. KeysOf(typeof(GatewayOptions), "DChat:Libp2p"),
                .. KeysOf(
                    typeof(LocalShardLogOptions),
                    "DChat:Log",
                    nameof(LocalShardLogOptions.Directory),
                    nameof(LocalShardLogOptions.Network),
                    nameof(LocalShardLogOptions.ShardBits)),
                .. KeysOf(
                    typeof(AzureShardLogOptions), "DChat:Azure:Log", nameof(AzureShardLogOptions.Network), nameof(AzureShardLogOptions.ShardBits)),
            ],
            key => Assert.Contains(key, declared));
    }

    [Fact]
    public void No_key_and_no_switch_stands_for_two_things()
    {
        Assert.Distinct(Settings.All.Select(setting => setting.Key));
        Assert.Distinct(Settings.All.Select(setting => setting.Switch).OfType<string>());
    }

    [Fact]
    public void The_readme_has_the_table_and_nothing_beside_it()
    {
        var readme = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "DChat.Silo.README.md"));
        var table = Settings.Table().ToArray();
        var start = Array.IndexOf(readme, table[0]);

        Assert.True(start >= 0, "The README has no table of settings.");
        Assert.Equal(table, readme[start..].TakeWhile(line => line.StartsWith('|')));
    }

    [Fact]
    public void Help_lists_every_setting()
    {
        using var help = new StringWriter();
        HelpText.Write(help);

        Assert.All(Settings.All, setting =>
        {
            Assert.Contains(setting.Key, help.ToString(), StringComparison.Ordinal);
            Assert.Contains($"default {setting.Default}; {setting.Range}", help.ToString(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void The_command_line_wins_over_the_environment()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["DCHAT:SILOPORT"] = "1", ["DCHAT:CLIENTPORT"] = "2" })
            .AddInMemoryCollection(CommandLine.Parse(["--silo-port=3"]).Values)
            .Build();

        var silo = new SiloConfiguration(configuration).Silo;

        Assert.Equal((3, 2), (silo.SiloPort, silo.ClientPort));
    }

    // Not whole: what is parsed of them holds addresses, which cannot be compared part by part.
    private static IEnumerable<object?> ValuesOf(SiloOptions options) =>
        from property in typeof(SiloOptions).GetProperties()
        where property.IsDefined(typeof(OptionAttribute), inherit: false)
        select property.GetValue(options);

    private static IEnumerable<string> KeysOf(Type options, string section, params string[] except) =>
        from property in options.GetProperties()
        where !except.Contains(property.Name)
        where property.CanWrite || property.Name == nameof(AdmissionOptions.Floors)
        from key in property.PropertyType switch
        {
            _ when property.IsDefined(typeof(OptionGroupAttribute), inherit: false) => KeysOf(property.PropertyType, $"{section}:{property.Name}"),
            _ when property.Name == nameof(AdmissionOptions.Floors) =>
                Enum.GetNames<RetentionClass>().Select(name => $"{section}:{property.Name}:{name}"),
            _ => [$"{section}:{property.Name}"],
        }
        select key;
}
