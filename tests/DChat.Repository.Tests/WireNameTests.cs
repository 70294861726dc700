using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using DChat.Core;
using DChat.Repository.Tests.Tree;
using DChat.Repository.Tests.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Serialization;
using Orleans.Serialization.Configuration;
using Orleans.Serialization.Invocation;

namespace DChat.Repository.Tests;

/// <summary>Grains and what they exchange bear names of ours on the wire, so that code can move without a break.</summary>
public sealed partial class WireNameTests
{
    private static readonly ServiceProvider Services = new ServiceCollection()
        .AddSerializer(builder => GrainContracts.Assemblies.ToList().ForEach(assembly => builder.AddAssembly(assembly)))
        .BuildServiceProvider();

    [Fact]
    public void Grains_their_interfaces_and_methods_and_what_they_carry_have_names_of_their_own() => Finding.AssertNone(
    [
        .. GrainContracts.Interfaces.SelectMany(NamelessOf),
        .. GrainContracts.Grains.Where(type => !type.IsDefined(typeof(GrainTypeAttribute))).Select(type => Nameless(type, "[GrainType]")),
        .. GrainContracts.Carried.Where(type => !HasAlias(type)).Select(type => Nameless(type, "[Alias]")),
    ]);

    [Theory]
    [InlineData(typeof(INamelessGrain), 3)]
    [InlineData(typeof(IFormattable), 2)]
    public void An_interface_without_names_is_found(Type type, int findings) => Assert.Equal(findings, NamelessOf(type).Count());

    // An enum on its own travels as a number, and an observer as a reference, whose interface is named above.
    [Fact]
    public void No_clr_name_is_in_the_bytes_of_a_contract() =>
        Finding.AssertNone(GrainContracts.Carried.Where(type => type is { IsEnum: false, IsInterface: false }).SelectMany(type => ClrNames(type.FullName!, Samples.Of(type)!)));

    [Fact]
    public void No_clr_name_is_in_the_bytes_of_a_request() => Finding.AssertNone(GrainContracts.Requests.SelectMany(type =>
    {
        var request = (IInvokable)Activator.CreateInstance(type, nonPublic: true)!;
        var parameters = request.GetMethod().GetParameters();
        for (var i = 0; i < parameters.Length; i++)
        {
            request.SetArgument(i, Samples.Of(parameters[i].ParameterType)!);
        }

        return ClrNames($"{request.GetInterfaceName()}.{request.GetMethodName()}", request);
    }));

    [Fact]
    public void Every_method_of_a_grain_has_its_request() =>
        Assert.Equal(GrainContracts.Interfaces.Sum(type => type.GetMethods().Count(method => !method.IsStatic)), GrainContracts.Requests.Count);

    [Fact]
    public void No_clr_name_is_in_the_bytes_of_a_response() => Finding.AssertNone(
    [
        .. GrainContracts.Results.SelectMany(type => ClrNames($"Response<{type}>", ResponseOf(type))),
        .. ClrNames("Response of nothing", Response.Completed),
        .. ClrNames("Response of a fault", Response.FromException(new DChatException("code", "text"))),
    ]);

    [Theory]
    [InlineData("0Orleans.Serialization.Invocation.Response`1[[DChat.Core.Shards.LogId,DChat.Core]],Orleans.Serialization@", 2)]
    [InlineData("0System.Collections.Generic.List`1[[dchat.LogId]]", 1)]
    [InlineData("0Orleans.Serialization.Invocation.Response`1[[dchat.LogId]],Orleans.Serialization@", 0)]
    public void A_clr_name_is_found_in_bytes(string bytes, int names) => Assert.Equal(names, Names(bytes).Count());

    private static IEnumerable<Finding> NamelessOf(Type type)
    {
        if (!type.IsDefined(typeof(GrainInterfaceTypeAttribute)) || !type.IsDefined(typeof(AliasAttribute)))
        {
            yield return Nameless(type, "[GrainInterfaceType] and [Alias]");
        }

        foreach (var method in type.GetMethods().Where(method => !method.IsStatic && !method.IsDefined(typeof(AliasAttribute))))
        {
            yield return Nameless(type, $"[Alias] on {method.Name}");
        }
    }

    private static Finding Nameless(Type type, string what) => new(type.FullName!, 0, $"its CLR name is its wire name; give it {what}.");

    private static bool HasAlias(Type type) => Services.GetRequiredService<IOptions<TypeManifestOptions>>().Value.WellKnownTypeAliases.ContainsValue(type);

    private static object ResponseOf(Type type) => typeof(Response).GetMethod(nameof(Response.FromResult), BindingFlags.Public | BindingFlags.Static)!
        .MakeGenericMethod(type).Invoke(null, [Samples.Of(type)])!;

    private static IEnumerable<Finding> ClrNames(string what, object value)
    {
        var serializer = Services.GetRequiredService<Serializer>();
        var bytes = serializer.SerializeToArray(value);
        Assert.IsType(value.GetType(), serializer.Deserialize<object>(bytes));
        return Names(Encoding.Latin1.GetString(bytes)).Select(name => new Finding(what, 0, $"carries the CLR name {name}."));
    }

    /// <summary>
    /// Names of types of ours and of .NET. Orleans' own stand there: <c>Orleans.Serialization.Invocation.Response`1</c> has no
    /// other name.
    /// </summary>
    private static IEnumerable<string> Names(string bytes) => ClrName().Matches(bytes).Select(match => match.Value);

    [GeneratedRegex(@"(DChat|System)\.[\w.]+")]
    private static partial Regex ClrName();

    private interface INamelessGrain
    {
        Task OneAsync();

        Task TwoAsync();
    }
}
