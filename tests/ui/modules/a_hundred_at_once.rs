// There is no table of modules with a size: a hundred in one compilation, each called twice, each with its own state.
//@ copies: numbered 100
//@ run

fn main() {
    let first = [
        numbered_00::number!(), numbered_01::number!(), numbered_02::number!(), numbered_03::number!(),
        numbered_04::number!(), numbered_05::number!(), numbered_06::number!(), numbered_07::number!(),
        numbered_08::number!(), numbered_09::number!(), numbered_10::number!(), numbered_11::number!(),
        numbered_12::number!(), numbered_13::number!(), numbered_14::number!(), numbered_15::number!(),
        numbered_16::number!(), numbered_17::number!(), numbered_18::number!(), numbered_19::number!(),
        numbered_20::number!(), numbered_21::number!(), numbered_22::number!(), numbered_23::number!(),
        numbered_24::number!(), numbered_25::number!(), numbered_26::number!(), numbered_27::number!(),
        numbered_28::number!(), numbered_29::number!(), numbered_30::number!(), numbered_31::number!(),
        numbered_32::number!(), numbered_33::number!(), numbered_34::number!(), numbered_35::number!(),
        numbered_36::number!(), numbered_37::number!(), numbered_38::number!(), numbered_39::number!(),
        numbered_40::number!(), numbered_41::number!(), numbered_42::number!(), numbered_43::number!(),
        numbered_44::number!(), numbered_45::number!(), numbered_46::number!(), numbered_47::number!(),
        numbered_48::number!(), numbered_49::number!(), numbered_50::number!(), numbered_51::number!(),
        numbered_52::number!(), numbered_53::number!(), numbered_54::number!(), numbered_55::number!(),
        numbered_56::number!(), numbered_57::number!(), numbered_58::number!(), numbered_59::number!(),
        numbered_60::number!(), numbered_61::number!(), numbered_62::number!(), numbered_63::number!(),
        numbered_64::number!(), numbered_65::number!(), numbered_66::number!(), numbered_67::number!(),
        numbered_68::number!(), numbered_69::number!(), numbered_70::number!(), numbered_71::number!(),
        numbered_72::number!(), numbered_73::number!(), numbered_74::number!(), numbered_75::number!(),
        numbered_76::number!(), numbered_77::number!(), numbered_78::number!(), numbered_79::number!(),
        numbered_80::number!(), numbered_81::number!(), numbered_82::number!(), numbered_83::number!(),
        numbered_84::number!(), numbered_85::number!(), numbered_86::number!(), numbered_87::number!(),
        numbered_88::number!(), numbered_89::number!(), numbered_90::number!(), numbered_91::number!(),
        numbered_92::number!(), numbered_93::number!(), numbered_94::number!(), numbered_95::number!(),
        numbered_96::number!(), numbered_97::number!(), numbered_98::number!(), numbered_99::number!(),
    ];
    let second = [
        numbered_00::number!(), numbered_01::number!(), numbered_02::number!(), numbered_03::number!(),
        numbered_04::number!(), numbered_05::number!(), numbered_06::number!(), numbered_07::number!(),
        numbered_08::number!(), numbered_09::number!(), numbered_10::number!(), numbered_11::number!(),
        numbered_12::number!(), numbered_13::number!(), numbered_14::number!(), numbered_15::number!(),
        numbered_16::number!(), numbered_17::number!(), numbered_18::number!(), numbered_19::number!(),
        numbered_20::number!(), numbered_21::number!(), numbered_22::number!(), numbered_23::number!(),
        numbered_24::number!(), numbered_25::number!(), numbered_26::number!(), numbered_27::number!(),
        numbered_28::number!(), numbered_29::number!(), numbered_30::number!(), numbered_31::number!(),
        numbered_32::number!(), numbered_33::number!(), numbered_34::number!(), numbered_35::number!(),
        numbered_36::number!(), numbered_37::number!(), numbered_38::number!(), numbered_39::number!(),
        numbered_40::number!(), numbered_41::number!(), numbered_42::number!(), numbered_43::number!(),
        numbered_44::number!(), numbered_45::number!(), numbered_46::number!(), numbered_47::number!(),
        numbered_48::number!(), numbered_49::number!(), numbered_50::number!(), numbered_51::number!(),
        numbered_52::number!(), numbered_53::number!(), numbered_54::number!(), numbered_55::number!(),
        numbered_56::number!(), numbered_57::number!(), numbered_58::number!(), numbered_59::number!(),
        numbered_60::number!(), numbered_61::number!(), numbered_62::number!(), numbered_63::number!(),
        numbered_64::number!(), numbered_65::number!(), numbered_66::number!(), numbered_67::number!(),
        numbered_68::number!(), numbered_69::number!(), numbered_70::number!(), numbered_71::number!(),
        numbered_72::number!(), numbered_73::number!(), numbered_74::number!(), numbered_75::number!(),
        numbered_76::number!(), numbered_77::number!(), numbered_78::number!(), numbered_79::number!(),
        numbered_80::number!(), numbered_81::number!(), numbered_82::number!(), numbered_83::number!(),
        numbered_84::number!(), numbered_85::number!(), numbered_86::number!(), numbered_87::number!(),
        numbered_88::number!(), numbered_89::number!(), numbered_90::number!(), numbered_91::number!(),
        numbered_92::number!(), numbered_93::number!(), numbered_94::number!(), numbered_95::number!(),
        numbered_96::number!(), numbered_97::number!(), numbered_98::number!(), numbered_99::number!(),
    ];
    assert!(first.iter().enumerate().all(|(index, call)| *call == (index, 0)), "{first:?}");
    assert!(second.iter().enumerate().all(|(index, call)| *call == (index, 1)), "{second:?}");
    println!("{}", first.len());
}
